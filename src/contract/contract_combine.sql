-- contract_combine.sql: merges of two states in an expression, for tables of states that are kept up.

@use state_combine type=contract_state name=contract symbol=contract_state_combine_two
@use state_combine type=mrr_bridge name=mrr_bridge symbol=mrr_bridge_combine_two
@use state_combine type=cohort_matrix name=cohort symbol=cohort_combine_two
