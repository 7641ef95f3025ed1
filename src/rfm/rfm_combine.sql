-- rfm_combine.sql: merges of two states in an expression, for tables of states that are kept up.

@use state_combine type=order_state name=order symbol=order_state_combine_two
@use state_combine type=rfm_stats name=rfm symbol=rfm_stats_combine_two
