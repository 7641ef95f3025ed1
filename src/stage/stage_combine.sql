-- stage_combine.sql: merges of two states in an expression, for tables of states that are kept up.

@use state_combine type=stage_state name=stage symbol=stage_state_combine_two
