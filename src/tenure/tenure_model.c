/*
 * tenure_model.c
 *		tenure_model: the chance of each next renewal, learned from a survival_state
 *		that counts terms, or given.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "base/rows.h"
#include "base/wilson.h"
#include "base/wire.h"
#include "cadence/cadence.h"
#include "survival/survival.h"
#include "survival/survival_curve.h"
#include "tenure/tenure.h"

#define TENURE_MODEL_VERSION	1
#define FEW_LAPSES				50
#define EDGE_LARGE				1e4
#define EDGE_SMALL				1e-4
#define MOST_TERMS				1000000

PG_FUNCTION_INFO_V1(tenure_model_in);
PG_FUNCTION_INFO_V1(tenure_model_out);
PG_FUNCTION_INFO_V1(tenure_model_recv);
PG_FUNCTION_INFO_V1(tenure_model_send);
PG_FUNCTION_INFO_V1(tenure_model_given);
PG_FUNCTION_INFO_V1(tenure_model_learn);
PG_FUNCTION_INFO_V1(tenure_model_rows);
PG_FUNCTION_INFO_V1(tenure_rate);
PG_FUNCTION_INFO_V1(tenure_expected_terms);
PG_FUNCTION_INFO_V1(tenure_rows);

static const char *const status_names[] = {"ok", "few", "edge", "stopped"};

static TenureModel *
ModelCreate(void)
{
	return StateCreate(sizeof(TenureModel), TENURE_MODEL_VERSION);
}

TenureModel *
TenureModelFromDatum(Datum value)
{
	return StateFromDatum(value, TENURE_MODEL_VERSION, sizeof(TenureModel), "tenure_model");
}

TenureParameters
TenureModelParameters(const TenureModel *model)
{
	TenureParameters parameters = {model->a, model->b};

	return parameters;
}

static bool
IsPositive(double value)
{
	return value > 0 && !isinf(value);
}

/* The rules that hold for every model; NULL, or which one is broken. */
static const char *
ModelBroken(const TenureModel *model)
{
	bool		learned = model->header.flags & TENURE_LEARNED;

	if (!IsPositive(model->a) || !IsPositive(model->b))
		return "a and b must be positive and finite.";
	if (model->status < 0 || model->status >= (int) lengthof(status_names) ||
		(!learned && model->status != TENURE_OK))
		return "The status is unknown.";
	if (learned && (model->holders < 1 || model->lapsed < 0 || model->lapsed > model->holders))
		return "The counts of holders and lapses do not fit each other.";
	if (!isfinite(model->log_likelihood))
		return "log_likelihood is not finite.";
	if (!(model->prior_weight >= 0) || isinf(model->prior_weight))
		return "prior_weight must be 0 or more.";
	return NULL;
}

/*
 * tenure_model_in(cstring): {"a": 0.7, "b": 1.2}, and for one that was learned holders,
 * lapsed, log_likelihood, prior_weight and status
 */
Datum
tenure_model_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {
		"a", "b", "holders", "lapsed", "log_likelihood", "prior_weight", "status"
	};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "tenure_model");
	TenureModel *model = ModelCreate();
	const char *broken;

	JsonAllowKeys(root, keys, lengthof(keys));
	model->a = JsonGetFloat(JsonRequire(root, "a"));
	model->b = JsonGetFloat(JsonRequire(root, "b"));
	for (int i = 2; i < (int) lengthof(keys); i++)
		if (JsonMember(root, keys[i]) != NULL)
			model->header.flags = TENURE_LEARNED;
	if (model->header.flags & TENURE_LEARNED)
	{
		model->holders = JsonGetInt(JsonRequire(root, "holders"), 1, PG_INT64_MAX);
		model->lapsed = JsonGetInt(JsonRequire(root, "lapsed"), 0, PG_INT64_MAX);
		model->log_likelihood = JsonGetFloat(JsonRequire(root, "log_likelihood")) + 0.0;
		model->prior_weight = JsonGetFloat(JsonRequire(root, "prior_weight")) + 0.0;
		model->status = JsonGetChoice(JsonRequire(root, "status"), status_names,
									  lengthof(status_names));
	}
	if ((broken = ModelBroken(model)) != NULL)
		JsonInvalid(root, NULL, "%s", broken);
	PG_RETURN_POINTER(model);
}

/* tenure_model_out(tenure_model): the same text for equal models */
Datum
tenure_model_out(PG_FUNCTION_ARGS)
{
	TenureModel *model = TenureModelFromDatum(PG_GETARG_DATUM(0));
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"a\": ");
	JsonPutFloat(&text, model->a);
	appendStringInfoString(&text, ", \"b\": ");
	JsonPutFloat(&text, model->b);
	if (model->header.flags & TENURE_LEARNED)
	{
		appendStringInfo(&text, ", \"holders\": " INT64_FORMAT ", \"lapsed\": " INT64_FORMAT
						 ", \"log_likelihood\": ", model->holders, model->lapsed);
		JsonPutFloat(&text, model->log_likelihood);
		appendStringInfoString(&text, ", \"prior_weight\": ");
		JsonPutFloat(&text, model->prior_weight);
		appendStringInfo(&text, ", \"status\": \"%s\"", status_names[model->status]);
	}
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

Datum
tenure_model_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), TENURE_MODEL_VERSION,
									   "tenure_model");
	TenureModel *model = ModelCreate();
	const char *broken;

	model->header.flags = WireGetByte(&reader);
	if (model->header.flags > TENURE_LEARNED)
		WireCorrupt(&reader, "It has unknown flags.");
	model->a = WireGetFloat(&reader);
	model->b = WireGetFloat(&reader);
	if (model->header.flags & TENURE_LEARNED)
	{
		model->status = WireGetByte(&reader);
		model->holders = WireGetInt64(&reader);
		model->lapsed = WireGetInt64(&reader);
		model->log_likelihood = WireGetFloat(&reader) + 0.0;
		model->prior_weight = WireGetFloat(&reader) + 0.0;
	}
	WireEnd(&reader);
	if ((broken = ModelBroken(model)) != NULL)
		WireCorrupt(&reader, "%s", broken);
	PG_RETURN_POINTER(model);
}

Datum
tenure_model_send(PG_FUNCTION_ARGS)
{
	TenureModel *model = TenureModelFromDatum(PG_GETARG_DATUM(0));
	StringInfoData buffer;

	WireBeginSend(&buffer, TENURE_MODEL_VERSION);
	WirePutByte(&buffer, model->header.flags);
	WirePutFloat(&buffer, model->a);
	WirePutFloat(&buffer, model->b);
	if (model->header.flags & TENURE_LEARNED)
	{
		WirePutByte(&buffer, model->status);
		WirePutInt64(&buffer, model->holders);
		WirePutInt64(&buffer, model->lapsed);
		WirePutFloat(&buffer, model->log_likelihood);
		WirePutFloat(&buffer, model->prior_weight);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* tenure_model_given(a, b float8): tenure_model(…) of parameters */
Datum
tenure_model_given(PG_FUNCTION_ARGS)
{
	TenureModel *model = ModelCreate();

	model->a = PG_GETARG_FLOAT8(0);
	model->b = PG_GETARG_FLOAT8(1);
	if (!IsPositive(model->a) || !IsPositive(model->b))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a and b must be positive and finite"),
				 errdetail("a is %.15g, b is %.15g.", model->a, model->b),
				 errhint("a/(a+b) of the holders lapse at the end of their first term.")));
	PG_RETURN_POINTER(model);
}

/* The terms of a spell must be whole, and a lapse ends at least one. */
static void
CheckSpell(const Spell *spell)
{
	if (spell->duration != floor(spell->duration) || spell->entry != floor(spell->entry))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a duration is not a whole number of terms"),
				 errdetail("A holder was watched from %.15g to %.15g.", spell->entry, spell->duration),
				 errhint("renewal_survival_agg counts terms; days are for survival_rows.")));
	if (spell->cause == SPELL_EVENT && spell->duration == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a holder lapses after 0 terms"),
				 errdetail("%lld holders do.", (long long) spell->count),
				 errhint("Who does not renew at the end of the first term has a duration of 1.")));
}

/*
 * tenure_model_learn(survival_state, prior_weight float8): tenure_model(…) of what was
 * seen; NULL without holders
 */
Datum
tenure_model_learn(PG_FUNCTION_ARGS)
{
	SpellState *state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION,
											"survival_state");
	double		prior_weight = CheckPriorWeight(PG_GETARG_FLOAT8(1));
	const Spell *spells = SpellStateSpells(state);
	TenureRow  *rows = palloc_extended(Max(state->spells, 1) * sizeof(TenureRow), MCXT_ALLOC_HUGE);
	TenureModel *model = ModelCreate();
	TenureFit	fit;

	if (state->spells == 0)
		PG_RETURN_NULL();
	for (int i = 0; i < state->spells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		CheckSpell(&spells[i]);
		rows[i].count = spells[i].count;
		rows[i].entry = spells[i].entry;
		rows[i].terms = spells[i].duration;
		rows[i].lapsed = spells[i].cause == SPELL_EVENT;
		if (rows[i].lapsed)
			model->lapsed += spells[i].count;
	}
	fit = TenureLearn(rows, state->spells, prior_weight);
	model->header.flags = TENURE_LEARNED;
	model->a = fit.parameters.a;
	model->b = fit.parameters.b;
	model->log_likelihood = fit.log_likelihood + 0.0;
	model->prior_weight = prior_weight;
	model->holders = state->subjects;
	if (prior_weight == 0 && (model->a + model->b > EDGE_LARGE || model->a < EDGE_SMALL))
		model->status = TENURE_EDGE;
	else if (!fit.found)
		model->status = TENURE_STOPPED;
	else
		model->status = model->lapsed < FEW_LAPSES ? TENURE_FEW : TENURE_OK;
	PG_RETURN_POINTER(model);
}

/* What the status means for this model, in a sentence; NULL where all is well. */
static const char *
StatusDetail(const TenureModel *model)
{
	switch ((TenureStatus) model->status)
	{
		case TENURE_OK:
			return NULL;
		case TENURE_FEW:
			return psprintf("%lld lapses: the prior has a say, and the parameters are uncertain",
							(long long) model->lapsed);
		case TENURE_EDGE:
			return model->a < EDGE_SMALL ? "a is at its bound: nobody seems to lapse" :
				"a + b is at its bound: the holders' chances to lapse do not differ";
		case TENURE_STOPPED:
			return "no maximum was found in 200 steps: the best point is kept";
	}
	return NULL;
}

/*
 * tenure_model_rows(tenure_model) → (a, b, first_renewal_rate float8, holders, lapsed bigint,
 * log_likelihood, prior_weight float8, status, detail text)
 */
Datum
tenure_model_rows(PG_FUNCTION_ARGS)
{
	TenureModel *model = TenureModelFromDatum(PG_GETARG_DATUM(0));
	TenureParameters parameters = TenureModelParameters(model);
	bool		learned = model->header.flags & TENURE_LEARNED;
	RowWriter	row = RowBegin(fcinfo);

	RowPutFloat(&row, model->a);
	RowPutFloat(&row, model->b);
	RowPutFloat(&row, TenureRate(&parameters, 0));
	if (learned)
	{
		RowPutInt64(&row, model->holders);
		RowPutInt64(&row, model->lapsed);
	}
	else
	{
		RowPutNull(&row);
		RowPutNull(&row);
	}
	RowPutKnown(&row, learned, model->log_likelihood);
	RowPutKnown(&row, learned, model->prior_weight);
	RowPutText(&row, status_names[model->status]);
	RowPutText(&row, learned ? StatusDetail(model) : "the parameters were given");
	PG_RETURN_DATUM(RowDatum(&row));
}

/* Renewals made so far: 0 in the first term. */
static int
CheckTermsDone(int terms_done)
{
	if (terms_done < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("terms_done must be at least 0"),
				 errdetail("The value is %d.", terms_done),
				 errhint("It is the number of renewals made: term_index - 1.")));
	return terms_done;
}

/* tenure_rate(tenure_model, terms_done int) → float8 */
Datum
tenure_rate(PG_FUNCTION_ARGS)
{
	TenureParameters parameters = TenureModelParameters(TenureModelFromDatum(PG_GETARG_DATUM(0)));

	PG_RETURN_FLOAT8(TenureRate(&parameters, CheckTermsDone(PG_GETARG_INT32(1))));
}

/* So many terms ahead. */
static int
CheckTermCount(int terms, const char *what)
{
	if (terms < 1 || terms > MOST_TERMS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must lie between 1 and %d", what, MOST_TERMS),
				 errdetail("The value is %d.", terms),
				 errhint("It counts terms.")));
	return terms;
}

/*
 * tenure_expected_terms(tenure_model, terms_done int, horizon int, term_discount_rate
 * float8) → float8
 */
Datum
tenure_expected_terms(PG_FUNCTION_ARGS)
{
	TenureParameters parameters = TenureModelParameters(TenureModelFromDatum(PG_GETARG_DATUM(0)));
	int			terms_done = CheckTermsDone(PG_GETARG_INT32(1));
	int			horizon = CheckTermCount(PG_GETARG_INT32(2), "horizon");
	double		rate = CheckRate(PG_GETARG_FLOAT8(3), true, "term_discount_rate");
	double		stays = 1;
	double		sum = 0;

	for (int j = 0; j < horizon; j++)
	{
		stays *= TenureRate(&parameters, (double) terms_done + j) / (1 + rate);
		sum += stays;
	}
	if (!isfinite(sum))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(sum);
}

/*
 * tenure_rows(survival_state, tenure_model, terms int) → rows (term_index int, at_risk,
 * lapsed bigint, observed_rate, observed_rate_low, observed_rate_high, renewal_rate,
 * observed_survival, observed_survival_low, observed_survival_high, survival float8)
 */
Datum
tenure_rows(PG_FUNCTION_ARGS)
{
	SpellState *state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION,
											"survival_state");
	TenureParameters parameters = TenureModelParameters(TenureModelFromDatum(PG_GETARG_DATUM(1)));
	int			terms = CheckTermCount(PG_GETARG_INT32(2), "terms");
	const Spell *spells = SpellStateSpells(state);
	IntervalRule rule = CheckIntervalRule(0.95, "log-log");
	int			points;
	SurvivalPoint *curve;
	RiskTable	risk;
	double		stays = 1;
	RowWriter	row = RowsBegin(fcinfo);

	for (int i = 0; i < state->spells; i++)
		CheckSpell(&spells[i]);
	curve = SurvivalCurve(spells, state->spells, &points);
	risk = RiskTableMake(spells, state->spells);
	for (int term = 1; term <= terms; term++)
	{
		int			last = FindDuration(curve, sizeof(SurvivalPoint), points, term);
		bool		here = last >= 0 && curve[last].duration == term;
		bool		known = last >= 0 && (here || last < points - 1 || curve[last].survival == 0);
		int64		at_risk = RiskTableAt(&risk, term);
		int64		lapsed = here ? curve[last].events : 0;
		double		low = NAN;
		double		high = NAN;

		CHECK_FOR_INTERRUPTS();
		stays *= TenureRate(&parameters, term - 1);
		if (known && !IntervalBounds(rule, curve[last].survival, curve[last].std_error, &low, &high))
			low = high = NAN;
		RowPutInt(&row, term);
		RowPutInt64(&row, at_risk);
		RowPutInt64(&row, lapsed);
		RowPutRate(&row, (double) (at_risk - lapsed), (double) at_risk);
		RowPutKnown(&row, at_risk > 0, at_risk > 0 ? WilsonLow(at_risk - lapsed, at_risk) : 0);
		RowPutKnown(&row, at_risk > 0, at_risk > 0 ? WilsonHigh(at_risk - lapsed, at_risk) : 0);
		RowPutFloat(&row, TenureRate(&parameters, term - 1));
		RowPutKnown(&row, known, known ? curve[last].survival : 0);
		RowPutKnown(&row, known, low);
		RowPutKnown(&row, known, high);
		RowPutFloat(&row, stays);
		RowEnd(&row);
	}
	return (Datum) 0;
}
