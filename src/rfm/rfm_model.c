/*
 * rfm_model.c
 *		rfm_model: the cuts by which customers are scored, learned or given, and
 *		the functions that score by them.
 *
 * Cuts are kept on the scale on which they are compared: recency as minus the
 * days, so that more is better in every dimension. Users read and write recency
 * cuts in days, rising: the mirror image.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "base/arrays.h"
#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "base/rows.h"
#include "rfm/rfm.h"
#include "base/wire.h"

#define RFM_MODEL_VERSION 1

PG_FUNCTION_INFO_V1(rfm_model_in);
PG_FUNCTION_INFO_V1(rfm_model_out);
PG_FUNCTION_INFO_V1(rfm_model_recv);
PG_FUNCTION_INFO_V1(rfm_model_send);
PG_FUNCTION_INFO_V1(rfm_model);
PG_FUNCTION_INFO_V1(rfm_model_rows);
PG_FUNCTION_INFO_V1(rfm_model_score);
PG_FUNCTION_INFO_V1(rfm_model_score_state);

static const char *const dimension_names[RFM_DIMENSIONS] = {"recency", "frequency", "monetary"};
static const char *const cut_keys[RFM_DIMENSIONS] = {
	"recency_cuts", "frequency_cuts", "monetary_cuts"
};
const char *const rfm_measure_names[RFM_DIMENSIONS] = {
	"recency_days", "frequency", "monetary"
};

/* A model with room for so many cuts, in the current context. */
RfmModel *
RfmModelCreate(const int *cut_counts)
{
	int			total = cut_counts[0] + cut_counts[1] + cut_counts[2];
	RfmModel   *model = StateCreate(offsetof(RfmModel, cuts) + total * sizeof(double),
									RFM_MODEL_VERSION);

	for (int d = 0; d < RFM_DIMENSIONS; d++)
		model->cut_counts[d] = cut_counts[d];
	return model;
}

/* Where the cuts of a dimension begin. */
double *
RfmModelCuts(RfmModel *model, int dimension)
{
	double	   *cuts = model->cuts;

	for (int d = 0; d < dimension; d++)
		cuts += model->cut_counts[d];
	return cuts;
}

/* Turns the recency cuts over: days rising, or minus days rising. */
static void
MirrorRecency(RfmModel *model)
{
	int			count = model->cut_counts[0];

	for (int i = 0; i < (count + 1) / 2; i++)
	{
		double		cut = model->cuts[i];

		model->cuts[i] = 0.0 - model->cuts[count - 1 - i];
		model->cuts[count - 1 - i] = 0.0 - cut;
	}
}

static RfmModel *
RfmModelFromDatum(Datum value)
{
	return StateFromDatum(value, RFM_MODEL_VERSION, offsetof(RfmModel, cuts), "rfm_model");
}

/*
 * Scores one customer; the measures must be finite.
 */
static void
RfmModelScores(RfmModel *model, const double *measures, RfmScores *scores)
{
	bool		same = true;

	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		double		value = CheckFiniteFloat(measures[d], rfm_measure_names[d]);

		scores->score[d] = ScoreByCuts(RfmModelCuts(model, d), model->cut_counts[d],
									   d == 0 ? 0.0 - value : value);
		same &= model->cut_counts[d] == model->cut_counts[0];
	}
	scores->bins = same ? model->cut_counts[0] + 1 : 0;
	scores->wide = Max(model->cut_counts[0], Max(model->cut_counts[1], model->cut_counts[2])) > 8;
}

/* rfm_model_in(cstring): {"recency_cuts": [30, 90], "frequency_cuts": […], "monetary_cuts": […]} */
Datum
rfm_model_in(PG_FUNCTION_ARGS)
{
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "rfm_model");
	JsonNode   *arrays[RFM_DIMENSIONS];
	int			cut_counts[RFM_DIMENSIONS];
	RfmModel   *model;

	JsonAllowKeys(root, cut_keys, RFM_DIMENSIONS);
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		arrays[d] = JsonRequire(root, cut_keys[d]);
		JsonExpect(arrays[d], JSON_KIND_ARRAY);
		cut_counts[d] = arrays[d]->count;
		if (cut_counts[d] < 1 || cut_counts[d] > RFM_MOST_CUTS)
			JsonInvalid(arrays[d], NULL, "It has %d cuts; 1 to %d are allowed.",
						cut_counts[d], RFM_MOST_CUTS);
	}
	model = RfmModelCreate(cut_counts);
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		double	   *cuts = RfmModelCuts(model, d);

		for (int i = 0; i < cut_counts[d]; i++)
		{
			cuts[i] = JsonGetFloat(arrays[d]->items[i]);
			/* a learned model has equal cuts where its data was skewed */
			if (i > 0 && cuts[i] < cuts[i - 1])
				JsonInvalid(arrays[d]->items[i], "List the cuts from small to large.",
							"The cut %s lies below the one before it, %s.",
							arrays[d]->items[i]->text, arrays[d]->items[i - 1]->text);
		}
	}
	MirrorRecency(model);
	PG_RETURN_POINTER(model);
}

/* A copy whose recency cuts are in days, rising, as users read them. */
static RfmModel *
RfmModelForUsers(RfmModel *model)
{
	RfmModel   *copy = palloc(VARSIZE(model));

	memcpy(copy, model, VARSIZE(model));
	MirrorRecency(copy);
	return copy;
}

Datum
rfm_model_out(PG_FUNCTION_ARGS)
{
	RfmModel   *model = RfmModelForUsers(RfmModelFromDatum(PG_GETARG_DATUM(0)));
	StringInfoData text;

	initStringInfo(&text);
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		appendStringInfo(&text, "%s\"%s\": [", d == 0 ? "{" : ", ", cut_keys[d]);
		for (int i = 0; i < model->cut_counts[d]; i++)
		{
			if (i > 0)
				appendStringInfoString(&text, ", ");
			JsonPutFloat(&text, RfmModelCuts(model, d)[i]);
		}
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

Datum
rfm_model_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), RFM_MODEL_VERSION,
									   "rfm_model");
	int			cut_counts[RFM_DIMENSIONS];
	RfmModel   *model;

	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		cut_counts[d] = WireGetCount(&reader, "cuts", RFM_MOST_CUTS, sizeof(double));
		if (cut_counts[d] < 1)
			WireCorrupt(&reader, "It has no cuts for %s.", dimension_names[d]);
	}
	model = RfmModelCreate(cut_counts);
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		double	   *cuts = RfmModelCuts(model, d);

		for (int i = 0; i < cut_counts[d]; i++)
		{
			cuts[i] = CheckFiniteFloat(WireGetFloat(&reader), "a cut");
			if (i > 0 && cuts[i] < cuts[i - 1])
				WireCorrupt(&reader, "Its cuts for %s do not rise.", dimension_names[d]);
		}
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(model);
}

Datum
rfm_model_send(PG_FUNCTION_ARGS)
{
	RfmModel   *model = RfmModelFromDatum(PG_GETARG_DATUM(0));
	StringInfoData buffer;
	double	   *cut = model->cuts;

	WireBeginSend(&buffer, RFM_MODEL_VERSION);
	for (int d = 0; d < RFM_DIMENSIONS; d++)
		WirePutInt(&buffer, model->cut_counts[d]);
	for (int d = 0; d < RFM_DIMENSIONS; d++)
		for (int i = 0; i < model->cut_counts[d]; i++)
			WirePutFloat(&buffer, *cut++);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * rfm_model(recency_cuts, frequency_cuts, monetary_cuts float8[]): own
 * thresholds, each strictly rising; recency in days.
 */
Datum
rfm_model(PG_FUNCTION_ARGS)
{
	ArrayItems	items[RFM_DIMENSIONS];
	int			cut_counts[RFM_DIMENSIONS];
	RfmModel   *model;

	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		items[d] = ArrayRead(PG_GETARG_ARRAYTYPE_P(d), cut_keys[d]);
		cut_counts[d] = items[d].count;
		if (cut_counts[d] < 1 || cut_counts[d] > RFM_MOST_CUTS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s has %d cuts", cut_keys[d], cut_counts[d]),
					 errdetail("1 to %d cuts are allowed; they make 2 to %d scores.",
							   RFM_MOST_CUTS, RFM_MOST_BINS)));
		for (int i = 0; i < cut_counts[d]; i++)
			if (items[d].nulls[i])
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("%s must be a list of numbers without NULL", cut_keys[d]),
						 errdetail("Element %d is NULL.", i + 1),
						 errhint("Write '{30,90,365}' for three cuts.")));
	}
	model = RfmModelCreate(cut_counts);
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		double	   *cuts = RfmModelCuts(model, d);

		for (int i = 0; i < cut_counts[d]; i++)
		{
			cuts[i] = CheckFiniteFloat(DatumGetFloat8(items[d].values[i]), cut_keys[d]);
			if (i > 0 && cuts[i] <= cuts[i - 1])
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("%s must rise", cut_keys[d]),
						 errdetail("Cut %d is %.15g, the one before it %.15g.",
								   i + 1, cuts[i], cuts[i - 1]),
						 errhint("List each threshold once, from small to large; recency in days.")));
		}
	}
	MirrorRecency(model);
	PG_RETURN_POINTER(model);
}

/*
 * rfm_model_rows(rfm_model) → dimension, dimension_index, cut_index, cut, bins,
 * reachable_scores. Equal cuts leave scores that no value can get.
 */
Datum
rfm_model_rows(PG_FUNCTION_ARGS)
{
	RfmModel   *model = RfmModelForUsers(RfmModelFromDatum(PG_GETARG_DATUM(0)));
	RowWriter	row = RowsBegin(fcinfo);

	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		double	   *cuts = RfmModelCuts(model, d);
		int			reachable = 2;

		for (int i = 1; i < model->cut_counts[d]; i++)
			reachable += cuts[i] > cuts[i - 1];
		for (int i = 0; i < model->cut_counts[d]; i++)
		{
			RowPutText(&row, dimension_names[d]);
			RowPutInt(&row, d + 1);
			RowPutInt(&row, i + 1);
			RowPutFloat(&row, cuts[i]);
			RowPutInt(&row, model->cut_counts[d] + 1);
			RowPutInt(&row, reachable);
			RowEnd(&row);
		}
	}
	return (Datum) 0;
}

#define KEPT_BINS	10			/* of these and fewer bins rows are kept */

/* What makes rfm_scores rows for one call site, and those that it has made. */
typedef struct ScoresMaker
{
	TupleDesc	row;
	int			kept_bins;		/* the first that were asked for */
	Datum		kept[KEPT_BINS][KEPT_BINS][KEPT_BINS];	/* 0: not made yet */
} ScoresMaker;

static ScoresMaker *
ScoresMakerCreate(FmgrInfo *flinfo)
{
	ScoresMaker *maker = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(ScoresMaker));
	MemoryContext old = MemoryContextSwitchTo(flinfo->fn_mcxt);
	TupleDesc	row;

	if (get_func_result_type(flinfo->fn_oid, NULL, &row) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("this function must be declared to return rfm_scores")));
	maker->row = BlessTupleDesc(row);
	MemoryContextSwitchTo(old);
	return maker;
}

/*
 * An rfm_scores row, the result of a function. There are few different ones, so
 * those of up to 10 bins are made once and kept as long as the function's place
 * in the query.
 */
Datum
RfmScoresMake(FmgrInfo *flinfo, const RfmScores *scores)
{
	ScoresMaker *maker = flinfo->fn_extra;
	const int  *score = scores->score;
	Datum	   *kept = NULL;
	Datum		values[5];
	bool		nulls[5] = {0};
	MemoryContext old;
	char		cell[3 * 12];
	Datum		row;

	if (maker == NULL)
		flinfo->fn_extra = maker = ScoresMakerCreate(flinfo);
	if (maker->kept_bins == 0 && scores->bins <= KEPT_BINS)
		maker->kept_bins = scores->bins;
	if (maker->kept_bins != 0 && scores->bins == maker->kept_bins)
	{
		kept = &maker->kept[score[0] - 1][score[1] - 1][score[2] - 1];
		if (*kept)
			return *kept;
	}

	snprintf(cell, sizeof(cell), scores->wide ? "%d-%d-%d" : "%d%d%d",
			 score[0], score[1], score[2]);
	old = MemoryContextSwitchTo(kept ? flinfo->fn_mcxt : CurrentMemoryContext);
	for (int d = 0; d < RFM_DIMENSIONS; d++)
		values[d] = Int32GetDatum(score[d]);
	values[3] = Int32GetDatum(scores->bins);
	nulls[3] = scores->bins == 0;
	values[4] = CStringGetTextDatum(cell);
	row = HeapTupleGetDatum(heap_form_tuple(maker->row, values, nulls));
	MemoryContextSwitchTo(old);
	if (kept)
		*kept = row;
	return row;
}

static Datum
ScoreByModel(FunctionCallInfo fcinfo, RfmModel *model, const double *measures)
{
	RfmScores	scores;

	RfmModelScores(model, measures, &scores);
	return RfmScoresMake(fcinfo->flinfo, &scores);
}

/* rfm_model_score(rfm_model, recency_days, frequency, monetary float8) → rfm_scores */
Datum
rfm_model_score(PG_FUNCTION_ARGS)
{
	double		measures[RFM_DIMENSIONS] = {
		PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)
	};

	return ScoreByModel(fcinfo, RfmModelFromDatum(PG_GETARG_DATUM(0)), measures);
}

/*
 * rfm_model_score(rfm_model, order_state, as_of date) → rfm_scores; NULL where
 * there are only credit notes.
 */
Datum
rfm_model_score_state(PG_FUNCTION_ARGS)
{
	OrderState *orders = OrderStateFromDatum(PG_GETARG_DATUM(1));
	double		measures[RFM_DIMENSIONS];
	int			days;

	if (!OrderStateRecency(orders, PG_GETARG_DATEADT(2), "UTC", &days))
		PG_RETURN_NULL();
	measures[0] = days;
	measures[1] = (double) orders->orders;
	measures[2] = DatumGetFloat8(DirectFunctionCall1(numeric_float8,
													 NumericGetDatum(OrderStateTotal(orders))));
	return ScoreByModel(fcinfo, RfmModelFromDatum(PG_GETARG_DATUM(0)), measures);
}
