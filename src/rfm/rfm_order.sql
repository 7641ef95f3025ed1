-- rfm_order.sql: order_state, what RFM needs to know of one customer's orders.

@use type_io type=order_state binary=immutable
comment on type order_state is
	'one customer''s orders: how many, first, last, exact total; mergeable with order_merge';

@use type_comparison type=order_state
@use state_cast type=order_state

-- bare timestamps are UTC's, so that the session's time zone has no say
@for time=timestamptz symbol=order_state_add
@    time=timestamp symbol=order_state_add
@    time=date symbol=order_state_add_date
create function revops_internal.order_state_add(order_state, @time@, numeric)
	returns order_state
	as 'MODULE_PATHNAME', '@symbol@' language c immutable parallel safe;
comment on function revops_internal.order_state_add(order_state, @time@, numeric) is 'adds a row to order_agg''s state';

@end

create function revops_internal.order_state_combine(order_state, order_state)
	returns order_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.order_state_combine(order_state, order_state) is 'merges two states of order_agg or order_merge';

create function revops_internal.order_state_final(order_state)
	returns order_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.order_state_final(order_state) is
	'ends order_agg and order_merge: equal states are equal bytes';

@for time=timestamptz note=""
@    time=timestamp note="; bare times are read as UTC"
@    time=date note="; days are read as UTC"
create aggregate order_agg(ordered_at @time@, amount numeric) (
	sfunc = revops_internal.order_state_add,
	stype = order_state,
	sspace = 80,
	finalfunc = revops_internal.order_state_final,
	combinefunc = revops_internal.order_state_combine,
	parallel = safe
);
comment on aggregate order_agg(@time@, numeric) is
	'folds orders, one row per order, into an order_state; negative amounts are credit notes@note@';

@end

create aggregate order_merge(order_state) (
	sfunc = revops_internal.order_state_combine,
	stype = order_state,
	sspace = 80,
	finalfunc = revops_internal.order_state_final,
	combinefunc = revops_internal.order_state_combine,
	parallel = safe
);
comment on aggregate order_merge(order_state) is
	'merges order_states of one customer, for example of single days, in any order';

create function order_count(order_state)
	returns bigint
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function order_count(order_state) is 'the number of orders; credit notes are not counted';

create function order_first_at(order_state)
	returns timestamptz
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function order_first_at(order_state) is 'the time of the first order; NULL where there are only credit notes';

create function order_last_at(order_state)
	returns timestamptz
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function order_last_at(order_state) is 'the time of the last order; NULL where there are only credit notes';

create function order_total(order_state)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function order_total(order_state) is 'the exact sum of all amounts, less credit notes';

create function order_recency_days(order_state, as_of date, time_zone text default 'UTC')
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function order_recency_days(order_state, date, text) is
	'whole days from the day of the last order, in time_zone, to as_of; an error where an order lies after as_of';
