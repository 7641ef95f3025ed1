-- Values of the types of basket.

create table value_basket_stats as
select basket_agg(basket, item, quantity) as v
from (values
	(1, '1', 'A', 2.5), (1, '1', 'B', 1), (1, '1', 'A', 3), (1, '2', 'B', -1), (1, '2', 'C', 0),
	(2, 'x', 'A', 1), (2, '007', 'A', 1), (2, '7', 'A', 1), (2, '-7', 'A', 1), (2, '', '', 1),
	(3, '客户', E'tab\tquote"back\\slash\n', 99999999999999999999), (3, '4611686018427387903', 'a', 0.0000000001), (3, '4611686018427387904', 'a', 1), (3, '-4611686018427387904', 'a', 1),
	(4, 'b', 'b', 1), (4, 'a', 'ab', 1), (4, 'a', 'abcdefgh', 1), (4, 'a', 'abcdefghi', 1), (4, 'a', 'b', 1),
	(5, '1', 'A', null), (5, '2', 'A', 1),
	(6, '1', 'A', 0)
) s (g, basket, item, quantity)
group by g
union all
select basket_agg(n / 3, 'item ' || n % 40) from generate_series(-1000, 3000) n
union all
select basket_agg('order ' || n / 3, repeat('long', n % 50), n % 7 / 4.0) from generate_series(1, 500) n
union all
values
	(null::basket_stats),
	('{"baskets": [], "units": 0, "skipped_rows": 0}'),
	('{"baskets": [], "units": null, "skipped_rows": 3}');

create table value_adoption_stats as
select adoption_agg(customer, item, at, amount) as v
from (values
	(1, 'c1', 'A', date '2024-01-10', 100.00), (1, 'c1', 'A', '2024-01-10', -20), (1, 'c1', 'A', '2024-02-10', 5.5), (1, 'c1', 'size: sme', null, null), (1, 'c2', 'A', '2024-01-09', null),
	(2, '007', 'A', '4713-01-01 BC', 1), (2, '7', 'A', '5874897-12-31', 1), (2, '-7', 'B', '1999-12-31', 0.000000000000000000000000000000000001), (2, '', '', '2000-01-01', 0),
	(3, '客户', E'tab\tquote"back\\slash\n', '2024-01-01', 99999999999999999999999999999999999999), (3, '4611686018427387904', 'a', '2024-01-01', -1), (3, '-4611686018427387904', 'a', '2024-01-01', 1),
	(4, 'b', 'b', '2024-01-01', 1), (4, 'a', 'ab', '2024-01-01', 1.5), (4, 'a', 'abcdefghi', '2024-01-01', -0.0), (4, 'a', 'b', null, 7)
) s (g, customer, item, at, amount)
group by g
union all
select adoption_agg(n / 9, 'item ' || n % 40, timestamptz '2024-01-01 00:00+00' + n % 400 * interval '19 hours', n % 50 / 8.0) from generate_series(-500, 1500) n
union all
select adoption_agg('customer ' || n / 7, repeat('long', n % 50), timestamp '2024-01-01' + n * interval '5 hours', null) from generate_series(1, 400) n
union all
values
	(null::adoption_stats),
	('{"customers": []}'),
	('{"customers": [["1", [["A"], ["A", "2024-01-01", true], ["A", "2024-01-02", true, 0.00], ["A", "2024-01-03", false, -0.01]]]]}');
