-- Forecasts and fits against figures computed elsewhere: mpmath with 40 and 60 digits for
-- forecasts, SciPy (Nelder-Mead to 1e-10, three starts) for fits. The model is the MBG/CNBD-k of
-- M. Platzer and T. Reutterer, "Ticking away the moments", Marketing Science 35 (2016), 779-799, with
-- a whole k; k = 1 is the MBG/NBD of E. Batislam and others (2007).
begin;
set local search_path = public, revops;
select no_plan();

-- an account with so many gaps that take so many days
create function account(gaps int, days int) returns cadence_state language sql immutable as $$
	select cadence_agg(date '2000-01-01' + (case when gaps = 0 then 0 else n::bigint * days / gaps end)::int, 1)
	from generate_series(0, gaps) n $$;

-- the chance of a silence
create temp table silence (regularity int, r float8, alpha float8, gaps int, days int, silence int, probability float8);
insert into silence values
	(1, 1.5, 20.0, 1, 30, 15, 0.5189692421935084),
	(1, 1.5, 20.0, 1, 30, 60, 0.13929749224447152),
	(1, 1.5, 20.0, 3, 90, 15, 0.562564113527397),
	(1, 1.5, 20.0, 3, 90, 60, 0.14100903386944422),
	(1, 1.5, 20.0, 12, 360, 15, 0.5929495767121278),
	(1, 1.5, 20.0, 12, 360, 60, 0.1381870742137594),
	(1, 1.5, 20.0, 40, 1200, 15, 0.6022186941085422),
	(1, 1.5, 20.0, 40, 1200, 60, 0.136370123125587),
	(2, 1.5, 20.0, 1, 30, 15, 0.7216436208016241),
	(2, 1.5, 20.0, 1, 30, 60, 0.18419503106706975),
	(2, 1.5, 20.0, 3, 90, 15, 0.7284062139901104),
	(2, 1.5, 20.0, 3, 90, 60, 0.1393224158352304),
	(2, 1.5, 20.0, 12, 360, 15, 0.7334306874838197),
	(2, 1.5, 20.0, 12, 360, 60, 0.10652511531583204),
	(2, 1.5, 20.0, 40, 1200, 15, 0.7350141922111189),
	(2, 1.5, 20.0, 40, 1200, 60, 0.09633605727730123),
	(4, 1.5, 20.0, 1, 30, 15, 0.8906193060741143),
	(4, 1.5, 20.0, 1, 30, 60, 0.2167725378530445),
	(4, 1.5, 20.0, 3, 90, 15, 0.8729676747079778),
	(4, 1.5, 20.0, 3, 90, 60, 0.11268112776784044),
	(4, 1.5, 20.0, 12, 360, 15, 0.8618238182963214),
	(4, 1.5, 20.0, 12, 360, 60, 0.06023189553259166),
	(4, 1.5, 20.0, 40, 1200, 15, 0.8585978161238972),
	(4, 1.5, 20.0, 40, 1200, 60, 0.04767162572860687);
select is_empty($$
	select * from silence, cadence_forecast(account(gaps, days), cadence_model(regularity, r, alpha, 1, 2), date '2000-01-01' + days + silence) f
	where not abs(f.silence_probability / probability - 1) < 1e-9 $$, 'chances of silence, to 1e-9');
select is(silence_probability, 1::float8, 'on the last day itself it is 1')
from cadence_forecast(account(3, 90), cadence_model(2, 1.5, 20, 1, 2), date '2000-01-01' + 90);

-- due days after the last order
create temp table due (regularity int, r float8, alpha float8, gaps int, days int, q10 int, q50 int, q90 int);
insert into due values
	(1, 0.73, 65.9, 0, 0, 11, 105, 1479),
	(1, 0.73, 65.9, 3, 120, 6, 38, 159),
	(2, 0.854, 30.2, 0, 0, 17, 92, 876),
	(2, 0.854, 30.2, 1, 365, 69, 263, 904),
	(2, 0.854, 30.2, 5, 150, 9, 29, 74),
	(2, 0.854, 30.2, 36, 700, 6, 17, 40),
	(3, 13.6, 1487.0, 2, 731, 123, 308, 656),
	(6, 7.5, 370.0, 1, 365, 162, 317, 588),
	(8, 213, 799.5, 5, 150, 18, 29, 45);
select results_eq(
	'select q10, q50, q90 from due',
	$$ select due_low - last_date, due_date - last_date, due_high - last_date
		from due, cadence_forecast(account(gaps, days), cadence_model(regularity, r, alpha, 1, 2), date '2000-01-01' + days) $$,
	'due days are the smallest with that chance');

-- chances and orders; times of the first ones are weeks, told in hundredths or ten thousandths of
-- them: the model knows no unit
create temp table forecast (regularity int, r float8, alpha float8, a float8, b float8, gaps int, days int, tenure int, horizon int,
	alive float8, expected float8, at_least_one float8, low int, high int);
insert into forecast values
	(1, 0.525, 61830.0, 0.891, 1.614, 0, 0, 388600, 1429, 0.3897350809187629, 0.0006487343203533627, 0.0006475669493053799, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 0, 0, 3886, 5200, 0.3897350809187629, 0.19770581741637241, 0.1292591350085688, null, null),
	(1, 0.525, 6.183, 0.891, 1.614, 0, 0, 5, 13, 0.5702854939341714, 0.29101320832580035, 0.18988365911526925, null, null),
	(1, 0.525, 61830.0, 0.891, 1.614, 1, 17100, 388600, 1429, 0.17083648431040804, 0.0008258699379046252, 0.0008232256603400946, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 1, 171, 3886, 5200, 0.17083648431040804, 0.2401319447342516, 0.11784063651993526, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 2, 3043, 3886, 1300, 0.7062022651184873, 0.47693062653270185, 0.3339222825226817, null, null),
	(1, 0.525, 61830.0, 0.891, 1.614, 7, 294300, 388600, 1429, 0.6227238141691119, 0.014849414013927094, 0.01466740826999307, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 7, 2943, 3886, 5200, 0.6227238141691119, 3.9647344061835743, 0.6207921338350989, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 26, 3086, 3100, 1300, 0.9655661441440616, 7.870729332922842, 0.9652265942577993, null, null),
	(1, 0.525, 61830.0, 0.891, 1.614, 29, 360000, 388600, 1429, 0.8320211283108766, 0.07783115191375621, 0.07428339102521815, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 29, 3600, 3886, 5200, 0.8320211283108766, 20.00319725678908, 0.8320211281911026, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 3, 50, 3600, 1300, 0.007766558001999779, 0.007729976050338228, 0.004753729302515468, null, null),
	(1, 0.525, 61830.0, 0.891, 1.614, 1, 1400, 270000, 1429, 0.18970632771910378, 0.0012445197812953697, 0.001239117692041057, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 1, 14, 2700, 5200, 0.18970632771910378, 0.34054413756243296, 0.14465682939851732, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 10, 3886, 3886, 1300, 0.9287485005997601, 2.552883593306315, 0.8643525794818971, null, null),
	(1, 0.525, 61830.0, 0.891, 1.614, 50, 300000, 400000, 1429, 0.0002560129646619731, 3.997077418876361e-05, 3.69992424419608e-05, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 50, 3000, 4000, 5200, 0.0002560129646619731, 0.010271204158902727, 0.0002560129646619731, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 200, 3800, 4000, 1300, 0.030596068692788175, 1.5439817203207802, 0.030596068692788175, null, null),
	(1, 0.525, 61830.0, 0.891, 1.614, 600, 500000, 520000, 1429, 5.090421196310722e-07, 7.499766962922145e-07, 3.9236350267881046e-07, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 600, 5000, 5200, 5200, 5.090421196310722e-07, 0.0002023093310462429, 5.090421196310722e-07, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 5000, 10300, 10400, 1300, 8.898255693871405e-17, 4.992945023312748e-14, 8.898255693871405e-17, null, null),
	(1, 0.525, 61830.0, 0.891, 1.614, 1000, 100000, 1000000, 1429, 0.0, 0.0, 0.0, null, null),
	(1, 0.525, 618.3, 0.891, 1.614, 1000, 1000, 10000, 5200, 0.0, 0.0, 0.0, null, null),
	(2, 0.854, 30.22, 0.158, 2.017, 0, 0, 0, 30, 0.9273563218390805, 0.248827789143156, 0.19374088365321834, 0, 1),
	(2, 0.854, 30.22, 0.158, 2.017, 0, 0, 200, 365, 0.7970040290925539, 0.7788511970085892, 0.4289042502185865, 0, 2),
	(2, 0.854, 30.22, 0.158, 2.017, 1, 30, 120, 30, 0.7920786856335703, 0.31996026318505705, 0.2878992433682983, 0, 1),
	(2, 0.854, 30.22, 0.158, 2.017, 1, 365, 400, 365, 0.9486335494810824, 1.0624903004234554, 0.6238550513332273, 0, 3),
	(2, 0.854, 30.22, 0.158, 2.017, 3, 90, 400, 30, 0.029335584866368343, 0.011027149596395445, 0.010465227699753527, 0, 0),
	(2, 0.854, 30.22, 0.158, 2.017, 12, 340, 365, 365, 0.9782486856118918, 10.995059131261655, 0.9782482312170233, 6, 16),
	(2, 0.854, 30.22, 0.158, 2.017, 250, 1500, 1501, 30, 0.9993451487258029, 4.772524558795119, 0.9988490362989288, 3, 7),
	(3, 0.85, 15.0, 0.79, 2.42, 0, 0, 0, 365, 0.7538940809968847, 2.6816263016186217, 0.6310591788487591, 0, 7),
	(3, 0.85, 15.0, 0.79, 2.42, 1, 30, 30, 30, 0.8123515439429929, 0.4254565604569838, 0.3538501231007873, 0, 1),
	(3, 0.85, 15.0, 0.79, 2.42, 1, 30, 120, 365, 0.32717635126274774, 1.179212961901521, 0.323821042242425, 0, 4),
	(3, 0.85, 15.0, 0.79, 2.42, 3, 90, 95, 30, 0.8711408966731302, 0.6336388406722889, 0.5175554906546987, 0, 2),
	(3, 0.85, 15.0, 0.79, 2.42, 3, 90, 400, 365, 0.0003458910406905496, 0.0010775534743850655, 0.0003449940710979934, 0, 0),
	(3, 0.85, 15.0, 0.79, 2.42, 40, 700, 720, 30, 0.9490968976643881, 1.705608465513495, 0.9178398354118509, 1, 3),
	(3, 0.85, 15.0, 0.79, 2.42, 250, 1500, 1501, 365, 0.996835599430572, 55.04219784393804, 0.996835599430572, 35, 66),
	(4, 10.4, 811.5, 0.105, 3.116, 0, 0, 200, 30, 0.9561716198402221, 0.09936396083776344, 0.09933679037862737, 0, 0),
	(4, 10.4, 811.5, 0.105, 3.116, 1, 30, 30, 365, 0.9751243781094527, 1.147810184816412, 0.7993799206799918, 0, 2),
	(4, 10.4, 811.5, 0.105, 3.116, 1, 365, 400, 30, 0.9750917023172155, 0.00966656242820703, 0.009664681314410206, 0, 0),
	(4, 10.4, 811.5, 0.105, 3.116, 3, 90, 95, 365, 0.9831214954678716, 1.8727398829737556, 0.946628160930222, 1, 3),
	(4, 10.4, 811.5, 0.105, 3.116, 12, 340, 365, 30, 0.9928033293652925, 0.2786953667664057, 0.2745563098601025, 0, 1),
	(4, 10.4, 811.5, 0.105, 3.116, 40, 700, 720, 365, 0.9969932802023092, 10.160287078859165, 0.9969932802021565, 8, 13),
	(6, 7.5, 370.0, 0.05, 1.2, 0, 0, 0, 30, 0.96, 0.00014109704795766344, 0.00014109647069882186, 0, 0),
	(6, 7.5, 370.0, 0.05, 1.2, 0, 0, 200, 365, 0.9473784410818231, 1.1091669989355577, 0.797830648825242, 0, 2),
	(6, 7.5, 370.0, 0.05, 1.2, 1, 30, 120, 30, 0.9751626650043427, 0.14492650179801714, 0.14488014038400493, 0, 1),
	(6, 7.5, 370.0, 0.05, 1.2, 1, 365, 400, 365, 0.9777751457099287, 0.7834127980527487, 0.6675853911020485, 0, 2),
	(6, 7.5, 370.0, 0.05, 1.2, 3, 90, 400, 30, 0.26926181175737995, 0.13982883666579737, 0.13976494804111886, 0, 1),
	(6, 7.5, 370.0, 0.05, 1.2, 12, 340, 365, 365, 0.9959506237215768, 6.700353577963414, 0.9959506235574573, 5, 9),
	(6, 7.5, 370.0, 0.05, 1.2, 250, 1500, 1501, 30, 0.9998009565306338, 3.7464246135507695, 0.9997993494656696, 3, 5);
create temp view forecast_now as
select forecast.*, f.*
from forecast, cadence_forecast(account(gaps, days), cadence_model(regularity, r, alpha, a, b), date '2000-01-01' + tenure, horizon) f;
create function near(found float8, expected float8) returns boolean language sql immutable as $$
	select found = expected or abs(found / nullif(expected, 0) - 1) < 1e-9 $$;
select is(count(*), 50::bigint, 'all cases are asked') from forecast_now;
select is_empty('select * from forecast_now where not near(alive_probability, alive)', 'chances to be a customer still, to 1e-9');
select is_empty('select * from forecast_now where not near(expected_orders, expected)', 'expected orders, to 1e-9');
select is_empty('select * from forecast_now where not near(order_probability, at_least_one)', 'chances of an order, to 1e-9');
select is_empty('select * from forecast_now where orders_low <> low or orders_high <> high', 'bounds of the number of orders, exactly');

-- fits: twelve accounts
create temp table toy (gaps int[], tenure int);
insert into toy values
	('{}', 40),
	('{}', 200),
	('{}', 390),
	('{30}', 35),
	('{200}', 380),
	('{20,40}', 300),
	('{30,31,32}', 100),
	('{30,29,30,29}', 130),
	('{30,30,30,30,30}', 155),
	('{50,50,50,50,50,50}', 310),
	('{30,35,30,32,31,30,31,31}', 365),
	('{10,10}', 365);
create temp table toy_state as
select tenure, (select cadence_agg(date '2020-12-31' - tenure + coalesce((select sum(g) from unnest(gaps[:n]) g), 0)::int, 10)
	from generate_series(0, cardinality(gaps)) n) as s
from toy;
create temp table fit (regularity int, r float8, alpha float8, a float8, b float8, log_likelihood float8, penalised float8);
insert into fit values
	(1, 3.168564483130592, 133.37770062133632, 0.6276114497192736, 2.8169883053922997, -166.73936573077512, -167.10697633428762),
	(2, 2.7404570415116654, 49.801651472574775, 0.7324502110488895, 3.1249979625371758, -157.1899165985765, -157.5358645502698),
	(3, 2.459441581939772, 28.18349162298132, 0.7655289188524289, 3.26323731654839, -152.09297786236, -152.41692834798698),
	(4, 2.3017738549245097, 19.20499575943973, 0.7732278451733267, 3.314363129928655, -148.62236236980056, -148.93205322892035);
-- the prior, as it is written in the documentation
create function log_prior(k int, r float8, alpha float8, a float8, b float8, gap float8) returns float8 language sql immutable as $$
	select -0.5 * ((ln(r) / 1.5) ^ 2 + (ln(k * alpha / r / gap) / 2) ^ 2
		+ ((ln(a / b) - ln(0.2 / 0.8)) / 1.5) ^ 2 + (ln(a + b) - ln(3)) ^ 2) $$;
create temp table toy_fit as
select f.regularity as k, f.r as r0, f.alpha as alpha0, f.a as a0, f.b as b0, f.log_likelihood as ll0, f.penalised as p0, m.*
from fit f, (select cadence_sample_agg(s, '2020-12-31') as sample from toy_state) x,
	cadence_model_rows(cadence_model(sample, f.regularity)) m;
select is_empty($$ select * from toy_fit where k <> regularity or abs(r / r0 - 1) > 1e-3 or abs(alpha / alpha0 - 1) > 1e-3
	or abs(a / a0 - 1) > 1e-3 or abs(b / b0 - 1) > 1e-3 $$, 'parameters of twelve accounts, k 1 to 4');
select is_empty($$ select * from toy_fit where log_likelihood + log_prior(k, r, alpha, a, b, 83.93939393939394) < p0 - 1e-6 $$,
	'and no lower a penalised likelihood');
select is_empty($$ select * from toy_fit where abs(log_likelihood - ll0) > 1e-3 $$, 'and their likelihood');
select is_empty($$ select * from toy_fit where status <> 'few' $$, 'which says that twelve are few');

-- degenerate populations
create temp table degenerate as
select 1 as which, cadence_sample_agg(account(0, 0), date '2000-01-01' + 100) as sample from generate_series(1, 20)
union all
select 2, cadence_sample_agg(account(5, 150), date '2000-01-01' + 160) from generate_series(1, 30)
union all
select 3, cadence_sample_agg(account(3, 90), date '2000-01-01' + 100);
create temp table degenerate_fit (which int, regularity int, r float8, alpha float8, a float8, b float8, status text);
insert into degenerate_fit values
	(1, 1, 0.9948514518929737, 5729.191480367822, 0.6672278929058026, 2.332772346675884, 'no_repeats'),
	(2, 8, 212.9971022263388, 799.4821794499549, 0.028969557053960388, 1.9617886676941405, 'few'),
	(3, 1, 2.084083753491395, 65.69458460096253, 0.35063542141799786, 2.5126308021228816, 'few');
select is_empty($$ select * from degenerate_fit f join degenerate d using (which), cadence_model_rows(cadence_model(sample, f.regularity)) m
	where abs(m.r / f.r - 1) > 1e-3 or abs(m.alpha / f.alpha - 1) > 1e-3 or abs(m.a / f.a - 1) > 1e-3 or abs(m.b / f.b - 1) > 1e-3
		or m.status <> f.status $$,
	'20 accounts with one order, 30 equal rhythms and a single account give finite parameters');
select is((cadence_model_rows(cadence_model(sample))).regularity, case which when 1 then 1 else 8 end,
	'the best regularity of population ' || which)
from degenerate where which < 3 order by which;

select * from finish();
rollback;
