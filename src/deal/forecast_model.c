/*
 * forecast_model.c
 *		forecast_model: how long deals stayed in each stage of a pipeline, and how
 *		they ended. It is a multiset of visits; what it says of a chance is worked
 *		out when it is asked (forecast_chance.c).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/parameter.h"
#include "deal/deal.h"

#define FORECAST_MODEL_VERSION	1
#define FIRST_VISITS	32		/* that a new state has room for */

static const char *const end_names[DEAL_ENDS] = {"open", "won", "lost", "removed"};

PG_FUNCTION_INFO_V1(forecast_model_in);
PG_FUNCTION_INFO_V1(forecast_model_out);
PG_FUNCTION_INFO_V1(forecast_model_recv);
PG_FUNCTION_INFO_V1(forecast_model_send);
PG_FUNCTION_INFO_V1(forecast_model_add);
PG_FUNCTION_INFO_V1(forecast_model_combine);
PG_FUNCTION_INFO_V1(forecast_model_final);

/* By stage, then as the curve of a stage is read: by the deal's end. */
static inline int
CompareVisits(const ForecastVisit *left, const ForecastVisit *right)
{
	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	if (left->total != right->total)
		return left->total < right->total ? -1 : 1;
	if (left->stay != right->stay)
		return left->stay < right->stay ? -1 : 1;
	return (int) left->end - (int) right->end;
}

#define ST_SORT SortForecastVisits
#define ST_ELEMENT_TYPE ForecastVisit
#define ST_COMPARE(a, b) CompareVisits(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Bytes up to the end of the visits. */
static inline Size
UsedSize(const ForecastModel *model)
{
	return sizeof(ForecastModel) + model->def_bytes +
		(Size) model->visits * sizeof(ForecastVisit);
}

static ForecastModel *
ModelCreate(const PipelineDef *def, DateADT as_of)
{
	ForecastModel *model = StateCreate(sizeof(ForecastModel) + MAXALIGN(VARSIZE(def)) +
									   FIRST_VISITS * sizeof(ForecastVisit),
									   FORECAST_MODEL_VERSION);

	model->as_of = as_of;
	model->def_bytes = MAXALIGN(VARSIZE(def));
	memcpy(ForecastModelDef(model), def, VARSIZE(def));
	return model;
}

/* Appends a visit. Returns the model, or a larger one in the current context. */
static ForecastModel *
ModelAdd(ForecastModel *model, const ForecastVisit *visit)
{
	model = StateReserve(model, UsedSize(model), sizeof(ForecastVisit), "forecast_model");
	ForecastModelVisits(model)[model->visits++] = *visit;
	return model;
}

/* The rules that hold for every visit; NULL, or which one is broken. */
static const char *
VisitBroken(const ForecastVisit *visit, const PipelineDef *def)
{
	if (visit->place < 1 || visit->place > def->open)
		return "The stage of a visit is none of the open ones.";
	if (visit->stay < 1 || visit->total < visit->stay)
		return "A visit lasts longer than its deal.";
	if (visit->end < END_OPEN || visit->end > END_REMOVED)
		return "The end of a visit is unknown.";
	if (visit->count < 1)
		return "The count of a visit must be at least 1.";
	return NULL;
}

/*
 * The one form of a multiset of visits: sorted, equal ones counted once, no room to
 * spare. The model itself where it has this form, else a copy.
 */
static ForecastModel *
ModelCanonical(ForecastModel *model)
{
	ForecastModel *result;
	ForecastVisit *visits;
	int			kept = 0;

	if (model->sorted == model->visits && VARSIZE(model) == UsedSize(model))
		return model;
	result = palloc(UsedSize(model));
	memcpy(result, model, UsedSize(model));
	visits = ForecastModelVisits(result);
	SortForecastVisits(visits, model->visits);
	for (int i = 0; i < model->visits; i++)
	{
		if (kept > 0 && CompareVisits(&visits[kept - 1], &visits[i]) == 0)
		{
			int64		count = (int64) visits[kept - 1].count + visits[i].count;

			if (count > PG_INT32_MAX)
				ereport(ERROR,
						(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						 errmsg("one forecast_model has more than %d equal visits", PG_INT32_MAX),
						 errhint("Was a model merged many times with itself?")));
			visits[kept - 1].count = (int32) count;
		}
		else
			visits[kept++] = visits[i];
	}
	result->visits = result->sorted = kept;
	SET_VARSIZE(result, UsedSize(result));
	return result;
}

ForecastModel *
ForecastModelFromDatum(Datum value)
{
	return ModelCanonical(StateFromDatum(value, FORECAST_MODEL_VERSION, sizeof(ForecastModel),
										 "forecast_model"));
}

/*
 * The same, where many deals are asked of one stored model: it is read from its table,
 * or decompressed, once. Valid until the next call with another one.
 */
ForecastModel *
ForecastModelCached(FmgrInfo *flinfo, Datum value)
{
	struct varlena *given = (struct varlena *) DatumGetPointer(value);
	DealCache  *cache;
	MemoryContext caller;
	struct varlena *key;
	int			at;

	if (!VARATT_IS_EXTERNAL_ONDISK(given) && !VARATT_IS_COMPRESSED(given))
		return ForecastModelFromDatum(value);
	cache = DealCacheOf(flinfo);
	for (int i = 0; i < MODELS_CACHED && cache->model[i].key != NULL; i++)
		if (VARSIZE_ANY(cache->model[i].key) == VARSIZE_ANY(given) &&
			memcmp(cache->model[i].key, given, VARSIZE_ANY(given)) == 0)
			return cache->model[i].model;
	at = cache->next_model;
	cache->model[at].key = NULL;
	caller = MemoryContextSwitchTo(DealCacheReset(flinfo, &cache->model[at].context));
	key = palloc(VARSIZE_ANY(given));
	memcpy(key, given, VARSIZE_ANY(given));
	cache->model[at].model = ForecastModelFromDatum(value);
	cache->model[at].key = key;
	cache->next_model = (at + 1) % MODELS_CACHED;
	MemoryContextSwitchTo(caller);
	return cache->model[at].model;
}

/* The index of the first visit of a place or a later one. */
static int
FirstOfPlace(const ForecastModel *model, int place)
{
	const ForecastVisit *visits = ForecastModelVisits(model);
	int			low = 0;
	int			high = model->visits;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (visits[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The visits to a stage, by total. */
ForecastVisit *
ForecastModelStage(const ForecastModel *model, int place, int *count)
{
	int			first = FirstOfPlace(model, place);

	*count = FirstOfPlace(model, place + 1) - first;
	return ForecastModelVisits(model) + first;
}

/*
 * forecast_model_in(cstring): reads {"pipeline": {…}, "as_of": …, "visits": [[stage_index,
 * stay, total, "won", count], …]}, times in microseconds
 */
Datum
forecast_model_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"pipeline", "as_of", "visits"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "forecast_model");
	PipelineDef *def;
	ForecastModel *model;
	JsonNode   *list;

	JsonAllowKeys(root, keys, lengthof(keys));
	def = PipelineDefReadJson(JsonRequire(root, "pipeline"));
	model = ModelCreate(def, JsonGetDate(JsonRequire(root, "as_of")));
	list = JsonRequire(root, "visits");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		JsonNode   *node = list->items[i];
		ForecastVisit visit = {0};
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count != 5)
			JsonInvalid(node, "A visit is [stage_index, stay, total, end, count].",
						"The array has %d items.", node->count);
		visit.place = JsonGetInt(node->items[0], 1, def->open);
		visit.stay = JsonGetInt(node->items[1], 1, PG_INT64_MAX);
		visit.total = JsonGetInt(node->items[2], 1, PG_INT64_MAX);
		visit.end = JsonGetChoice(node->items[3], end_names, DEAL_ENDS);
		visit.count = JsonGetInt(node->items[4], 1, PG_INT32_MAX);
		if ((broken = VisitBroken(&visit, def)) != NULL)
			JsonInvalid(node, NULL, "%s", broken);
		model = ModelAdd(model, &visit);
	}
	PG_RETURN_POINTER(ModelCanonical(model));
}

/* forecast_model_out(forecast_model): the same text for equal models */
Datum
forecast_model_out(PG_FUNCTION_ARGS)
{
	ForecastModel *model = ForecastModelFromDatum(PG_GETARG_DATUM(0));
	const ForecastVisit *visits = ForecastModelVisits(model);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"pipeline\": ");
	PipelineDefPutJson(&text, ForecastModelDef(model));
	appendStringInfoString(&text, ", \"as_of\": ");
	JsonPutDate(&text, model->as_of);
	appendStringInfoString(&text, ", \"visits\": [");
	for (int i = 0; i < model->visits; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&text, "%s[%d, " INT64_FORMAT ", " INT64_FORMAT ", \"%s\", %d]",
						 i == 0 ? "" : ", ", visits[i].place, visits[i].stay, visits[i].total,
						 end_names[visits[i].end], visits[i].count);
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

/* Bytes of a visit in binary form. */
#define WIRE_VISIT_BYTES	(2 * 8 + 3 * 4)

Datum
forecast_model_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), FORECAST_MODEL_VERSION,
									   "forecast_model");
	PipelineDef *def = PipelineDefReadWire(&reader);
	DateADT		as_of = WireGetInt(&reader);
	ForecastModel *model;
	int			visits;

	if (!IS_VALID_DATE(as_of))
		WireCorrupt(&reader, "Its as_of is out of range.");
	visits = WireGetCount(&reader, "visits", MaxAllocSize / sizeof(ForecastVisit),
						  WIRE_VISIT_BYTES);
	model = ModelCreate(def, as_of);
	for (int i = 0; i < visits; i++)
	{
		ForecastVisit visit = {0};
		int32		place = WireGetInt(&reader);
		int32		end = WireGetInt(&reader);
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		if (place < 1 || place > def->open || end < END_OPEN || end > END_REMOVED)
			WireCorrupt(&reader, "Visit %d has a stage or an end that is unknown.", i + 1);
		visit.place = place;
		visit.end = end;
		visit.stay = WireGetInt64(&reader);
		visit.total = WireGetInt64(&reader);
		visit.count = WireGetInt(&reader);
		if ((broken = VisitBroken(&visit, def)) != NULL)
			WireCorrupt(&reader, "%s", broken);
		model = ModelAdd(model, &visit);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(ModelCanonical(model));
}

Datum
forecast_model_send(PG_FUNCTION_ARGS)
{
	ForecastModel *model = ForecastModelFromDatum(PG_GETARG_DATUM(0));
	const ForecastVisit *visits = ForecastModelVisits(model);
	StringInfoData buffer;

	WireBeginSend(&buffer, FORECAST_MODEL_VERSION);
	PipelineDefPutWire(&buffer, ForecastModelDef(model));
	WirePutInt(&buffer, model->as_of);
	WirePutInt(&buffer, model->visits);
	for (int i = 0; i < model->visits; i++)
	{
		CHECK_FOR_INTERRUPTS();
		WirePutInt(&buffer, visits[i].place);
		WirePutInt(&buffer, visits[i].end);
		WirePutInt64(&buffer, visits[i].stay);
		WirePutInt64(&buffer, visits[i].total);
		WirePutInt(&buffer, visits[i].count);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

static char *
ModelQuestion(const PipelineDef *def, DateADT as_of)
{
	return psprintf("as of %s, of %s", DateText(as_of), PipelineDefText(def));
}

/* forecast_model_add(forecast_model, deal_state, pipeline_def, as_of date) */
Datum
forecast_model_add(PG_FUNCTION_ARGS)
{
	ForecastModel *model;
	PipelineDef *def;
	PipelineSpec *spec;
	DateADT		as_of;
	DealHistory history;
	DealVisit  *visits;
	int			count;

	AggregateContext(fcinfo, "forecast_model_agg");
	CheckAggregateArgument(fcinfo, 2, "forecast_model_agg", "the pipeline");
	CheckAggregateArgument(fcinfo, 3, "forecast_model_agg", "as_of");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	def = PipelineDefFromDatum(PG_GETARG_DATUM(2));
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(3), "as_of");
	if (PG_ARGISNULL(0))
		model = ModelCreate(def, as_of);
	else
	{
		model = PG_GETARG_STATE_IN_PLACE(0);
		if (model->as_of != as_of || !PipelineDefEqual(ForecastModelDef(model), def))
			AggregateArgumentChanged("forecast_model_agg",
									 ModelQuestion(ForecastModelDef(model), model->as_of),
									 ModelQuestion(def, as_of));
	}
	spec = PipelineSpecOf(fcinfo->flinfo, def);
	history = DealHistoryOf(PG_GETARG_DATUM(1), spec);
	visits = palloc_extended((Size) Max(history.count, 1) * sizeof(DealVisit), MCXT_ALLOC_HUGE);
	count = DealVisits(&history, DealDayEnd(&spec->zone, as_of), visits);
	for (int i = 0; i < count; i++)
	{
		ForecastVisit visit = {0};

		visit.total = visits[i].total;
		visit.stay = visits[i].stay;
		visit.place = visits[i].place;
		visit.end = visits[i].end;
		visit.count = 1;
		Assert(VisitBroken(&visit, def) == NULL);
		model = ModelAdd(model, &visit);
	}
	PG_RETURN_POINTER(model);
}

/* forecast_model_combine(forecast_model, forecast_model): either may be NULL */
Datum
forecast_model_combine(PG_FUNCTION_ARGS)
{
	ForecastModel *model;
	ForecastModel *other;
	Size		bytes;

	AggregateContext(fcinfo, "forecast_model_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = StateFromDatum(PG_GETARG_DATUM(1), FORECAST_MODEL_VERSION, sizeof(ForecastModel),
						   "forecast_model");
	if (PG_ARGISNULL(0))
		model = ModelCreate(ForecastModelDef(other), other->as_of);
	else
		model = PG_GETARG_STATE_IN_PLACE(0);
	if (model->as_of != other->as_of ||
		!PipelineDefEqual(ForecastModelDef(model), ForecastModelDef(other)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("forecast_models of different pipelines or days do not merge"),
				 errdetail("One is %s, the other %s.",
						   ModelQuestion(ForecastModelDef(model), model->as_of),
						   ModelQuestion(ForecastModelDef(other), other->as_of)),
				 errhint("Make both with the same pipeline and as_of.")));
	bytes = (Size) other->visits * sizeof(ForecastVisit);
	model = StateReserve(model, UsedSize(model), bytes, "forecast_model");
	memcpy(ForecastModelVisits(model) + model->visits, ForecastModelVisits(other), bytes);
	model->visits += other->visits;
	PG_RETURN_POINTER(model);
}

/* forecast_model_final(forecast_model): sorted and counted, in a copy */
Datum
forecast_model_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(ForecastModelFromDatum(PG_GETARG_DATUM(0)));
}

STATE_COMBINE(forecast_model_combine_two, forecast_model_combine, forecast_model_final)
