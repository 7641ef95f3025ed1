-- Values of the types of tenure.

create table value_tenure_model (v tenure_model);
insert into value_tenure_model values
	(null),
	(tenure_model(0.704, 1.182)),
	(tenure_model(5e-324, 1e308)),
	(tenure_model('{"events": [[1, 68], [2, 15], [3, 6]], "censored": [[0, 289], [1, 160], [2, 84], [3, 57], [4, 7], [5, 1]]}'::survival_state)),
	(tenure_model('{"events": [], "censored": [[1, 5], [2, 3]]}'::survival_state)),
	(tenure_model('{"events": [], "censored": [[1, 5], [2, 3]]}'::survival_state, 0)),
	(tenure_model('{"events": [[3, 4, 1]], "censored": [[5, 2, 3]]}'::survival_state));
