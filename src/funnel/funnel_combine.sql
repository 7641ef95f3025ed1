-- funnel_combine.sql: merges of two states in an expression, for tables of states that are kept up.

@use state_combine type=funnel_path name=funnel_path symbol=funnel_path_combine_two
@use state_combine type=funnel_stats name=funnel symbol=funnel_stats_combine_two
