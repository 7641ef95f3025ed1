-- quote.sql: from the list amount to the net in rows, and amounts split to the cent.

create function quote_waterfall(
	list_amount numeric,
	steps jsonb,
	out step_index int,
	out name text,
	out kind text,
	out rate numeric,
	out amount numeric,
	out subtotal numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 50 rows 5;
comment on function quote_waterfall(numeric, jsonb) is
	'the calculation of a quote, one row per element of steps: list_amount + sum(amount) is exactly the last subtotal';

create function quote_net(list_amount numeric, steps jsonb)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 50;
comment on function quote_net(numeric, jsonb) is 'the net amount of a quote: the last subtotal of quote_waterfall';

create function amount_split(total numeric, weights numeric[], scale int)
	returns numeric[]
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function amount_split(numeric, numeric[], int) is
	'splits a total by weights into shares with this many decimals that sum exactly to the total; rounding units go to the largest remainders, ties to the first';

create function amount_share(total numeric, weight numeric, scale int)
	returns numeric
	as 'MODULE_PATHNAME' language c window immutable parallel safe cost 10;
comment on function amount_share(numeric, numeric, int) is
	'the share of this row in a total, by weight within the partition; the shares of a partition sum exactly to the total';
