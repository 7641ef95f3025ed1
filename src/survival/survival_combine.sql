-- survival_combine.sql: merges of two states in an expression, for tables of states that are kept up.

@use state_combine type=survival_state name=survival symbol=survival_state_combine_two
@use state_combine type=incidence_state name=incidence symbol=incidence_state_combine_two
