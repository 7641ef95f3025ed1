-- metrics.sql: the dictionary of metrics: what each is called, what it answers, what computes it.

-- A metric without a module is one that revops does not compute; its definition says why.
create function metrics(language text default 'en')
	returns table (metric text, name text, question text, definition text, module text, functions text, view_suffix text, page text)
	language plpgsql immutable strict parallel safe rows 70
	set search_path = pg_catalog, pg_temp
as $$
declare
	words jsonb;
begin
	perform revops_internal.language_check(language);
	if language = 'zh' then
		words := revops_internal.metrics_zh();
	else
		words := revops_internal.metrics_en();
	end if;
	return query
	select f.metric, w.word ->> 1, w.word ->> 2, w.word ->> 3, f.module, f.functions, f.view_suffix, f.page || '.md'
	from (values
		('rfm', 'rfm', 'rfm_score, rfm_segment', 'segments', 'rfm'),
		('gmv', 'bridge', 'bridge_agg, bridge_effects', 'periods', 'structure'),
		('average_order_value', 'bridge', 'bridge_agg, bridge_effects', 'periods', 'bridge'),
		('order_frequency', 'bridge', 'bridge_agg, bridge_effects', 'periods', 'bridge'),
		('year_over_year', 'period', 'period_rows, period_days, growth_rate', 'periods', 'period'),
		('period_over_period', 'period', 'period_rows, period_days, growth_rate', 'periods', 'period'),
		('compound_growth_rate', 'period', 'growth_rate', 'periods', 'period'),
		('target_attainment', 'period', 'period_rows', 'periods', 'targets'),
		('target_split', 'tariff', 'amount_share', null, 'targets'),
		('active_customer_count', 'contract', 'cohort_agg, cohort_rows', 'periods', 'period'),
		('concentration', 'bridge', 'bridge_agg', 'concentration', 'structure'),
		('product_structure', 'bridge', 'bridge_agg, bridge_rows', 'parts', 'structure'),
		('channel_structure', 'bridge', 'bridge_agg, bridge_rows, wilson_low', 'parts', 'structure'),
		('customer_structure', 'bridge', 'bridge_agg, bridge_rows', 'migration', 'structure'),
		('second_curve', 'bridge', 'bridge_agg, bridge_rows', 'new_parts', 'structure'),
		('metric_decomposition', 'bridge', 'bridge_agg, bridge_rows, bridge_effects', 'bridge', 'bridge'),
		('funnel_conversion', 'funnel', 'funnel_agg, funnel_rows', 'steps', 'funnel'),
		('win_rate', 'funnel', 'funnel_agg, funnel_summary', 'steps', 'funnel'),
		('sales_cycle', 'survival', 'survival_agg, survival_quantiles', 'steps', 'survival'),
		('stage_duration', 'stage', 'stage_agg, stage_rows', 'visits', 'stage'),
		('pipeline_velocity', 'funnel', 'funnel_agg, funnel_summary', 'steps', 'pipeline'),
		('pipeline_bridge', 'deal', 'deal_agg, pipeline_bridge_agg, pipeline_bridge_rows', 'bridge', 'deal'),
		('sales_forecast', 'deal', 'forecast_deal, forecast_agg, forecast_quantiles', 'forecast_months', 'deal'),
		('opportunity_value', 'deal', 'forecast_chance, forecast_deal', 'deals', 'deal'),
		('pipeline_coverage', 'deal', 'forecast_reach', 'forecast_months', 'deal'),
		('lead_valid_rate', 'qualification', 'qualification_agg, qualification_summary', 'summary', 'lead'),
		('lead_score', 'score', 'score_agg, score_summary, score_bands', 'summary', 'lead'),
		('lead_assignment', 'qualification', 'wilson_low, wilson_high', 'owners', 'lead'),
		('first_response_time', 'work', 'work_hours, work_until', 'responses', 'work'),
		('delivery_time', 'work', 'work_hours, work_until, survival_quantiles', 'items', 'work'),
		('on_time_rate', 'work', 'work_until', 'periods', 'work'),
		('renewal_rate', 'contract', 'renewal_rates_agg, renewal_terms', 'renewals', 'contract'),
		('mrr', 'contract', 'contract_mrr, mrr_bridge_agg', 'bridge', 'contract'),
		('net_retention', 'contract', 'retention_agg', 'cohorts', 'contract'),
		('gross_retention', 'contract', 'retention_agg', 'cohorts', 'contract'),
		('churn', 'contract', 'mrr_movements, mrr_bridge_agg', 'movements', 'contract'),
		('renewal_cohorts', 'contract', 'cohort_agg, cohort_rows', 'cohorts', 'contract'),
		('tenure', 'tenure', 'tenure_model, tenure_rate, contract_forecast_rows', 'tenure', 'value'),
		('lifetime_value', 'cadence', 'spend_model_agg, clv_forecast', 'value', 'value'),
		('next_order', 'cadence', 'cadence_agg, cadence_model, cadence_forecast', 'due', 'cadence'),
		('order_rhythm', 'cadence', 'cadence_model, cadence_model_rows', 'rhythm', 'cadence'),
		('repurchase_rate', 'cadence', 'cadence_model, cadence_model_rows', 'rhythm', 'cadence'),
		('attach_rate', 'basket', 'basket_agg, basket_summary, basket_pairs', 'attach', 'basket'),
		('next_product', 'basket', 'adoption_agg, adoption_pairs, adoption_chains', 'next', 'basket'),
		('white_space', 'basket', 'adoption_agg, white_space_rows, white_space_check', 'white_space', 'basket'),
		('price', 'tariff', 'tariff, tariff_price, tariff_lines', 'lines', 'tariff'),
		('commission', 'tariff', 'tariff_delta, amount_share', 'lines', 'tariff'),
		('slot_fee', 'tariff', 'tariff, tariff_price', 'lines', 'tariff'),
		('quote', 'quote', 'quote_waterfall, quote_net', 'lines', 'quote'),
		('benchmark', 'benchmark', 'benchmark_rank, benchmark_agg, benchmark_at', 'subjects', 'benchmark'),
		('single_factor_test', 'experiment', 'experiment_agg, experiment_rows, experiment_balance', null, 'experiment'),
		('attribution', 'attribution', 'attribution_agg, attribution_rows', 'credits', 'attribution'),
		('cost_per_lead', 'attribution', 'attribution_agg, attribution_channels', 'channels', 'channel'),
		('referral_k', 'referral', 'referral_agg, referral_generations', 'generations', 'referral'),
		('referral_generations', 'referral', 'referral_agg, referral_rows', 'members', 'referral'),
		('nps', 'rating', 'rating_preset, rating_agg, rating_summary', 'summary', 'rating'),
		('customer_satisfaction', 'rating', 'rating_preset, rating_agg, rating_difference', 'by_month', 'rating'),
		('dsr', 'rating', 'rating_preset, rating_agg, rating_summary', 'subjects', 'rating'),
		('market_share', null, null, null, null),
		('sentiment', null, null, null, null),
		('stock_turnover', null, null, null, null),
		('days_sales_outstanding', null, null, null, null),
		('incremental_lift', null, null, null, null)
	) f (metric, module, functions, view_suffix, page)
	join jsonb_array_elements(words) with ordinality w (word, place) on w.word ->> 0 = f.metric
	order by w.place;
end
$$;
comment on function metrics(text) is
	'the dictionary of metrics, in English (en) or Chinese (zh): what each answers, how it is defined, what computes it; those without a module are not computed, and why';
