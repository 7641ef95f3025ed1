/*
 * cadence_model.c
 *		cadence_model: how a population orders, learned from a cadence_sample or
 *		given.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "base/wire.h"
#include "cadence/cadence.h"

#define CADENCE_MODEL_VERSION	1
#define FEW_ACCOUNTS		200
#define FEW_REPEATS			50
#define EDGE_LARGE			1e4
#define EDGE_SMALL			1e-4

PG_FUNCTION_INFO_V1(cadence_model_in);
PG_FUNCTION_INFO_V1(cadence_model_out);
PG_FUNCTION_INFO_V1(cadence_model_recv);
PG_FUNCTION_INFO_V1(cadence_model_send);
PG_FUNCTION_INFO_V1(cadence_model_given);
PG_FUNCTION_INFO_V1(cadence_model_learn);
PG_FUNCTION_INFO_V1(cadence_sample_model);
PG_FUNCTION_INFO_V1(cadence_model_rows);

static const char *const status_names[] = {"ok", "few", "no_repeats", "edge", "stopped"};

static CadenceModel *
ModelCreate(void)
{
	return StateCreate(sizeof(CadenceModel), CADENCE_MODEL_VERSION);
}

CadenceModel *
CadenceModelFromDatum(Datum value)
{
	return StateFromDatum(value, CADENCE_MODEL_VERSION, sizeof(CadenceModel), "cadence_model");
}

CadenceParameters
CadenceModelParameters(const CadenceModel *model)
{
	CadenceParameters parameters = {model->regularity, model->r, model->alpha, model->a, model->b};

	return parameters;
}

/* The weights of its months, NULL where all days are alike. */
const CadenceSeason *
CadenceModelSeason(const CadenceModel *model)
{
	return model->header.flags & CADENCE_HAS_SEASON ? &model->season : NULL;
}

static bool
IsPositive(double value)
{
	return value > 0 && !isinf(value);
}

/* The rules that hold for every model; NULL, or which one is broken. */
static const char *
ModelBroken(const CadenceModel *model)
{
	bool		learned = model->header.flags & CADENCE_LEARNED;

	if (model->regularity < 1 || model->regularity > CADENCE_REGULARITY)
		return "regularity must lie between 1 and 8.";
	if (!IsPositive(model->r) || !IsPositive(model->alpha) ||
		!IsPositive(model->a) || !IsPositive(model->b))
		return "r, alpha, a and b must be positive and finite.";
	if (model->header.flags & CADENCE_HAS_SEASON)
		for (int m = 0; m < SEASON_MONTHS; m++)
			if (!IsPositive(model->season.weights[m]))
				return "The weights of season must be positive and finite.";
	if (model->status < 0 || model->status >= (int) lengthof(status_names) ||
		(!learned && model->status != CADENCE_OK))
		return "The status is unknown.";
	if (learned && (model->accounts < 1 || model->repeat_accounts < 0 ||
					model->repeat_accounts > model->accounts ||
					model->gaps < model->repeat_accounts ||
					(model->repeat_accounts == 0) != (model->gaps == 0)))
		return "The counts of accounts and gaps do not fit each other.";
	if (learned && (model->status == CADENCE_NO_REPEATS) != (model->gaps == 0))
		return "The status no_repeats and the number of gaps do not fit.";
	if (!isfinite(model->log_likelihood))
		return "log_likelihood is not finite.";
	if (!(model->prior_weight >= 0) || isinf(model->prior_weight))
		return "prior_weight must be 0 or more.";
	if (!IS_VALID_DATE(model->as_of))
		return "as_of is not a day.";
	return NULL;
}

/*
 * Reads {"regularity": 2, "r": 0.85, "alpha": 30.2, "a": 0.16, "b": 2.02}, and for one
 * that was learned as_of, accounts, repeat_accounts, gaps, log_likelihood,
 * prior_weight and status; with a season its 12 weights.
 */
CadenceModel *
CadenceModelReadJson(const JsonNode *root)
{
	static const char *const keys[] = {
		"regularity", "r", "alpha", "a", "b", "season", "as_of", "accounts", "repeat_accounts",
		"gaps", "log_likelihood", "prior_weight", "status"
	};
	JsonNode   *season;
	CadenceModel *model = ModelCreate();
	const char *broken;

	JsonExpect(root, JSON_KIND_OBJECT);
	JsonAllowKeys(root, keys, lengthof(keys));
	model->regularity = JsonGetInt(JsonRequire(root, "regularity"), 1, CADENCE_REGULARITY);
	model->r = JsonGetFloat(JsonRequire(root, "r"));
	model->alpha = JsonGetFloat(JsonRequire(root, "alpha"));
	model->a = JsonGetFloat(JsonRequire(root, "a"));
	model->b = JsonGetFloat(JsonRequire(root, "b"));
	if ((season = JsonMember(root, "season")) != NULL)
	{
		JsonExpect(season, JSON_KIND_ARRAY);
		if (season->count != SEASON_MONTHS)
			JsonInvalid(season, "One weight a month, January first.", "It has %d weights.",
						season->count);
		for (int m = 0; m < SEASON_MONTHS; m++)
			model->season.weights[m] = JsonGetFloat(season->items[m]);
		model->header.flags |= CADENCE_HAS_SEASON;
	}
	for (int i = 6; i < (int) lengthof(keys); i++)
		if (JsonMember(root, keys[i]) != NULL)
			model->header.flags |= CADENCE_LEARNED;
	if (model->header.flags & CADENCE_LEARNED)
	{
		model->status = JsonGetChoice(JsonRequire(root, "status"), status_names,
									  lengthof(status_names));
		model->as_of = JsonGetDate(JsonRequire(root, "as_of"));
		model->accounts = JsonGetInt(JsonRequire(root, "accounts"), 1, PG_INT64_MAX);
		model->repeat_accounts = JsonGetInt(JsonRequire(root, "repeat_accounts"), 0, PG_INT64_MAX);
		model->gaps = JsonGetInt(JsonRequire(root, "gaps"), 0, PG_INT64_MAX);
		model->log_likelihood = JsonGetFloat(JsonRequire(root, "log_likelihood")) + 0.0;
		model->prior_weight = JsonGetFloat(JsonRequire(root, "prior_weight")) + 0.0;
	}
	if ((broken = ModelBroken(model)) != NULL)
		JsonInvalid(root, NULL, "%s", broken);
	return model;
}

Datum
cadence_model_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(CadenceModelReadJson(JsonRead(PG_GETARG_CSTRING(0), "cadence_model")));
}

static void
PutNumber(StringInfo text, const char *key, double value)
{
	appendStringInfo(text, ", \"%s\": ", key);
	JsonPutFloat(text, value);
}

/* The same text for equal models. */
void
CadenceModelPutJson(StringInfo text, const CadenceModel *model)
{
	appendStringInfo(text, "{\"regularity\": %d", model->regularity);
	PutNumber(text, "r", model->r);
	PutNumber(text, "alpha", model->alpha);
	PutNumber(text, "a", model->a);
	PutNumber(text, "b", model->b);
	if (model->header.flags & CADENCE_LEARNED)
	{
		appendStringInfoString(text, ", \"as_of\": ");
		JsonPutDate(text, model->as_of);
		appendStringInfo(text, ", \"accounts\": " INT64_FORMAT ", \"repeat_accounts\": "
						 INT64_FORMAT ", \"gaps\": " INT64_FORMAT,
						 model->accounts, model->repeat_accounts, model->gaps);
		PutNumber(text, "log_likelihood", model->log_likelihood);
		PutNumber(text, "prior_weight", model->prior_weight);
		appendStringInfo(text, ", \"status\": \"%s\"", status_names[model->status]);
	}
	if (model->header.flags & CADENCE_HAS_SEASON)
	{
		appendStringInfoString(text, ", \"season\": [");
		for (int m = 0; m < SEASON_MONTHS; m++)
		{
			appendStringInfoString(text, m == 0 ? "" : ", ");
			JsonPutFloat(text, model->season.weights[m]);
		}
		appendStringInfoChar(text, ']');
	}
	appendStringInfoChar(text, '}');
}

Datum
cadence_model_out(PG_FUNCTION_ARGS)
{
	StringInfoData text;

	initStringInfo(&text);
	CadenceModelPutJson(&text, CadenceModelFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_CSTRING(text.data);
}

CadenceModel *
CadenceModelReadWire(WireReader *reader)
{
	CadenceModel *model = ModelCreate();
	const char *broken;

	model->header.flags = WireGetByte(reader);
	if (model->header.flags & ~(CADENCE_LEARNED | CADENCE_HAS_SEASON))
		WireCorrupt(reader, "It has unknown flags.");
	model->regularity = WireGetInt(reader);
	model->r = WireGetFloat(reader);
	model->alpha = WireGetFloat(reader);
	model->a = WireGetFloat(reader);
	model->b = WireGetFloat(reader);
	if (model->header.flags & CADENCE_LEARNED)
	{
		model->status = WireGetByte(reader);
		model->log_likelihood = WireGetFloat(reader) + 0.0;
		model->prior_weight = WireGetFloat(reader) + 0.0;
		model->accounts = WireGetInt64(reader);
		model->repeat_accounts = WireGetInt64(reader);
		model->gaps = WireGetInt64(reader);
		model->as_of = WireGetInt(reader);
	}
	if (model->header.flags & CADENCE_HAS_SEASON)
		for (int m = 0; m < SEASON_MONTHS; m++)
			model->season.weights[m] = WireGetFloat(reader);
	if ((broken = ModelBroken(model)) != NULL)
		WireCorrupt(reader, "%s", broken);
	return model;
}

Datum
cadence_model_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), CADENCE_MODEL_VERSION,
									   "cadence_model");
	CadenceModel *model = CadenceModelReadWire(&reader);

	WireEnd(&reader);
	PG_RETURN_POINTER(model);
}

void
CadenceModelPutWire(StringInfo buffer, const CadenceModel *model)
{
	WirePutByte(buffer, model->header.flags);
	WirePutInt(buffer, model->regularity);
	WirePutFloat(buffer, model->r);
	WirePutFloat(buffer, model->alpha);
	WirePutFloat(buffer, model->a);
	WirePutFloat(buffer, model->b);
	if (model->header.flags & CADENCE_LEARNED)
	{
		WirePutByte(buffer, model->status);
		WirePutFloat(buffer, model->log_likelihood);
		WirePutFloat(buffer, model->prior_weight);
		WirePutInt64(buffer, model->accounts);
		WirePutInt64(buffer, model->repeat_accounts);
		WirePutInt64(buffer, model->gaps);
		WirePutInt(buffer, model->as_of);
	}
	if (model->header.flags & CADENCE_HAS_SEASON)
		for (int m = 0; m < SEASON_MONTHS; m++)
			WirePutFloat(buffer, model->season.weights[m]);
}

Datum
cadence_model_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	WireBeginSend(&buffer, CADENCE_MODEL_VERSION);
	CadenceModelPutWire(&buffer, CadenceModelFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

static int
CheckRegularity(int regularity)
{
	if (regularity < 1 || regularity > CADENCE_REGULARITY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("regularity must lie between 1 and %d", CADENCE_REGULARITY),
				 errdetail("The value is %d.", regularity),
				 errhint("1 is random; leave it out to have it chosen.")));
	return regularity;
}

static double
CheckPositive(double value, const char *what)
{
	if (!IsPositive(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be positive and finite", what),
				 errdetail("The value is %.15g.", value),
				 errhint("Parameters that were learned are in cadence_model_rows().")));
	return value;
}

/* cadence_model_given(regularity int, r, alpha, a, b float8): cadence_model(…) of parameters */
Datum
cadence_model_given(PG_FUNCTION_ARGS)
{
	CadenceModel *model = ModelCreate();

	model->regularity = CheckRegularity(PG_GETARG_INT32(0));
	model->r = CheckPositive(PG_GETARG_FLOAT8(1), "r");
	model->alpha = CheckPositive(PG_GETARG_FLOAT8(2), "alpha");
	model->a = CheckPositive(PG_GETARG_FLOAT8(3), "a");
	model->b = CheckPositive(PG_GETARG_FLOAT8(4), "b");
	PG_RETURN_POINTER(model);
}

/* The weights of the months, from what a sample ordered when. */
static void
LearnSeason(const CadenceSample *sample, CadenceSeason *season)
{
	double		exposure[SEASON_MONTHS] = {0};
	int64		until[SEASON_MONTHS];
	int64		after[SEASON_MONTHS];
	int64		history = (int64) sample->as_of - sample->rows[0].first;

	if (history < SEASON_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a season needs at least %d days of history", SEASON_DAYS),
				 errdetail("The first order day is %s, as_of is %s.",
						   DateText(sample->rows[0].first), DateText(sample->as_of)),
				 errhint("Leave season out, or give 12 weights in a cadence_model literal.")));
	MonthDaysUntil(sample->as_of, until);
	for (int i = 0; i < sample->count; i++)
	{
		MonthDaysUntil(sample->rows[i].first, after);
		for (int m = 0; m < SEASON_MONTHS; m++)
			exposure[m] += (double) sample->rows[i].count * (until[m] - after[m]);
	}
	SeasonLearn(season, sample->repeats, exposure);
}

/* The status of what was learned. */
static CadenceStatus
StatusOf(const CadenceModel *model, bool found)
{
	if (model->gaps == 0)
		return CADENCE_NO_REPEATS;
	if (model->prior_weight == 0 && (model->r > EDGE_LARGE || model->a + model->b > EDGE_LARGE ||
									 model->a < EDGE_SMALL))
		return CADENCE_EDGE;
	if (!found)
		return CADENCE_STOPPED;
	return model->accounts < FEW_ACCOUNTS || model->repeat_accounts < FEW_REPEATS ?
		CADENCE_FEW : CADENCE_OK;
}

/*
 * The model of a sample with at least one account. regularity 0: the best. Sums are
 * taken over sorted rows, so that the same sample gives the same bits.
 */
static CadenceModel *
Learn(const CadenceSample *sample, int regularity, double prior_weight, bool has_season)
{
	CadenceModel *model = ModelCreate();
	CadenceRow *rows = palloc_extended(sample->count * sizeof(CadenceRow), MCXT_ALLOC_HUGE);
	CadenceSums sums = {.prior_weight = prior_weight};
	CadenceFit	best;
	int			count;

	if (has_season)
	{
		LearnSeason(sample, &model->season);
		model->header.flags |= CADENCE_HAS_SEASON;
	}
	for (int i = 0; i < sample->count; i++)
	{
		const CadenceSampleRow *row = &sample->rows[i];
		const CadenceSeason *season = CadenceModelSeason(model);

		CHECK_FOR_INTERRUPTS();
		rows[i].count = row->count;
		rows[i].gaps = row->gaps;
		rows[i].span = SeasonDays(season, row->first, row->last);
		rows[i].silence = SeasonDays(season, row->last, sample->as_of);
		sums.log_gap_sum += row->count * row->log_gap_sum;
		if (has_season && row->gaps > 0)
			sums.log_gap_sum += (double) row->count * row->gaps *
				log(rows[i].span / ((double) row->last - row->first));
		model->repeat_accounts += row->gaps > 0 ? row->count : 0;
	}
	for (int m = 0; m < SEASON_MONTHS; m++)
		CountAdd(&model->gaps, sample->repeats[m], "order days in one cadence_sample");
	count = CadenceRowsSort(rows, sample->count);

	best = CadenceLearn(rows, count, &sums, regularity);
	pfree(rows);

	model->header.flags |= CADENCE_LEARNED;
	model->regularity = best.parameters.regularity;
	model->r = best.parameters.r;
	model->alpha = best.parameters.alpha;
	model->a = best.parameters.a;
	model->b = best.parameters.b;
	model->log_likelihood = best.log_likelihood;
	/* of the days themselves, so that models with and without a season compare */
	for (int m = 0; m < SEASON_MONTHS && has_season; m++)
		model->log_likelihood += sample->repeats[m] * log(model->season.weights[m]);
	model->prior_weight = prior_weight;
	model->accounts = sample->accounts;
	model->as_of = sample->as_of;
	model->status = StatusOf(model, best.found);
	return model;
}

/* A finite number from 0 on. */
double
CheckPriorWeight(double prior_weight)
{
	if (!(prior_weight >= 0) || isinf(prior_weight))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("prior_weight must be a finite number of at least 0"),
				 errdetail("The value is %.15g.", prior_weight),
				 errhint("1 is usual; 0 is plain maximum likelihood.")));
	return prior_weight + 0.0;
}

/*
 * cadence_model_learn(cadence_sample, regularity int, prior_weight float8, season
 * boolean): cadence_model(…) of a sample; NULL for one without accounts
 */
Datum
cadence_model_learn(PG_FUNCTION_ARGS)
{
	CadenceSample *sample;
	int			regularity = PG_ARGISNULL(1) ? 0 : CheckRegularity(PG_GETARG_INT32(1));
	double		prior_weight;

	CheckSettingIsSet(PG_ARGISNULL(2), "prior_weight");
	CheckSettingIsSet(PG_ARGISNULL(3), "season");
	prior_weight = CheckPriorWeight(PG_GETARG_FLOAT8(2));
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	sample = CadenceSampleFromDatum(PG_GETARG_DATUM(0));
	if (sample->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(Learn(sample, regularity, prior_weight, PG_GETARG_BOOL(3)));
}

/* cadence_sample_model(cadence_sample): the end of cadence_model_agg, all defaults */
Datum
cadence_sample_model(PG_FUNCTION_ARGS)
{
	CadenceSample *sample = CadenceSampleFromDatum(PG_GETARG_DATUM(0));

	if (sample->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(Learn(sample, 0, 1, false));
}

/* What the status means for this model, in a sentence; NULL where all is well. */
static const char *
StatusDetail(const CadenceModel *model)
{
	switch ((CadenceStatus) model->status)
	{
		case CADENCE_OK:
			return NULL;
		case CADENCE_FEW:
			return psprintf("%lld accounts, %lld with a second order day: the prior has a say, and the parameters are uncertain",
							(long long) model->accounts, (long long) model->repeat_accounts);
		case CADENCE_NO_REPEATS:
			return "no account has a second order day: the rhythm is unknown, and nothing is forecast";
		case CADENCE_EDGE:
			if (model->r > EDGE_LARGE)
				return "r is at its bound: the accounts' rates do not differ";
			if (model->a < EDGE_SMALL)
				return "a is at its bound: nobody seems to leave";
			return "a + b is at its bound: the accounts' chances to leave do not differ";
		case CADENCE_STOPPED:
			return "no maximum was found in 200 steps: the best point is kept";
	}
	return NULL;
}

/*
 * cadence_model_rows(cadence_model) → (regularity int, r, alpha, a, b, typical_gap_days,
 * second_order_rate float8, accounts, repeat_accounts, gaps bigint, log_likelihood,
 * prior_weight float8, has_season boolean, as_of date, status, detail text)
 */
Datum
cadence_model_rows(PG_FUNCTION_ARGS)
{
	CadenceModel *model = CadenceModelFromDatum(PG_GETARG_DATUM(0));
	CadenceParameters parameters = CadenceModelParameters(model);
	CadenceHistory fresh = {0};
	bool		learned = model->header.flags & CADENCE_LEARNED;
	bool		knows = model->status != CADENCE_NO_REPEATS;
	double		typical_gap = CadenceGapQuantile(&parameters, &fresh, 0.5, 1e-7);
	RowWriter	row = RowBegin(fcinfo);

	RowPutInt(&row, model->regularity);
	RowPutFloat(&row, model->r);
	RowPutFloat(&row, model->alpha);
	RowPutFloat(&row, model->a);
	RowPutFloat(&row, model->b);
	RowPutKnown(&row, knows, typical_gap);
	RowPutKnown(&row, knows, 1 / (1 + model->a / model->b));
	if (learned)
	{
		RowPutInt64(&row, model->accounts);
		RowPutInt64(&row, model->repeat_accounts);
		RowPutInt64(&row, model->gaps);
	}
	else
		for (int i = 0; i < 3; i++)
			RowPutNull(&row);
	RowPutKnown(&row, learned, model->log_likelihood);
	RowPutKnown(&row, learned, model->prior_weight);
	RowPutBoolean(&row, CadenceModelSeason(model) != NULL);
	if (learned)
		RowPutDate(&row, model->as_of);
	else
		RowPutNull(&row);
	RowPutText(&row, status_names[model->status]);
	RowPutText(&row, learned ? StatusDetail(model) : "the parameters were given");
	PG_RETURN_DATUM(RowDatum(&row));
}
