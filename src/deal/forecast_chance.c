/*
 * forecast_chance.c
 *		What a forecast_model says: the chance that a deal which is still in a stage
 *		after so many days is won within so many more.
 *
 * The visits that lasted longer than that are followed from there: each is a
 * subject whose duration is its total less the age, and won, lost, removed or still
 * open. The chance is the Aalen-Johansen incidence of won, as incidence_at gives it.
 * Who was in the stage at its beginning and has left it since says nothing of who is
 * still there.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "deal/deal.h"
#include "survival/survival_curve.h"

#define MOST_FORECAST_MONTHS	1200

PG_FUNCTION_INFO_V1(forecast_model_rows);
PG_FUNCTION_INFO_V1(forecast_chance);
PG_FUNCTION_INFO_V1(forecast_deal);
PG_FUNCTION_INFO_V1(forecast_months);

/* The curve of one stage from an age on. */
typedef struct ChanceCurve
{
	int64		at_risk;
	IncidenceCurves curves;		/* undefined where nobody is at risk */
	double		longest;		/* how far anyone was watched */
} ChanceCurve;

static inline double
Days(int64 span)
{
	return (double) span / (double) USECS_PER_DAY;
}

/* Writes the spells of one duration, in the order in which states keep them. */
static int
PutSpells(Spell *spells, int count, double duration, const int64 *ends)
{
	for (int end = 0; end < DEAL_ENDS; end++)
	{
		if (ends[end] == 0)
			continue;
		memset(&spells[count], 0, sizeof(Spell));
		spells[count].duration = duration;
		spells[count].cause = end;	/* END_OPEN is SPELL_CENSORED */
		spells[count++].count = ends[end];
	}
	return count;
}

/*
 * Spans that are surely too short for so many days, and surely long enough; between
 * them days are compared as doubles. Few spans need the division.
 */
typedef struct SpanBounds
{
	int64		too_short;
	int64		enough;
} SpanBounds;

static SpanBounds
SpanBoundsOf(double days)
{
	double		span = days * (double) USECS_PER_DAY;
	double		slack = 2 + span * 1e-15;
	SpanBounds	bounds = {PG_INT64_MAX, PG_INT64_MAX};

	if (span - slack < (double) PG_INT64_MAX)
		bounds.too_short = (int64) (span - slack);
	if (span + slack < (double) PG_INT64_MAX)
		bounds.enough = (int64) (span + slack);
	return bounds;
}

static inline bool
IsLonger(int64 span, const SpanBounds *bounds, double days)
{
	return span > bounds->enough || (span >= bounds->too_short && Days(span) > days);
}

/* The index of the first visit whose total is not surely too short. */
static int
FirstByTotal(const ForecastVisit *visits, int count, int64 too_short)
{
	int			low = 0;
	int			high = count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (visits[middle].total < too_short)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The curve of a stage from an age on, as far as `within` more days are asked: later
 * ends are one censored spell, so that those at risk are all counted.
 */
static ChanceCurve
ChanceCurveMake(const ForecastModel *model, int place, double age, double within)
{
	ChanceCurve curve = {0};
	int			visit_count;
	const ForecastVisit *visits = ForecastModelStage(model, place, &visit_count);
	SpanBounds	bounds = SpanBoundsOf(age);
	int			at = FirstByTotal(visits, visit_count, bounds.too_short);
	Spell	   *spells = palloc_extended((Size) (visit_count - at + 1) * sizeof(Spell),
										 MCXT_ALLOC_HUGE);
	int64		ends[DEAL_ENDS] = {0};
	int64		later = 0;
	double		duration = 0;
	int			count = 0;

	StaticAssertStmt(END_OPEN == SPELL_CENSORED, "an open deal is a censored spell");
	for (; at < visit_count; at++)
	{
		const ForecastVisit *visit = &visits[at];
		double		rest;

		if ((at & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		if (!IsLonger(visit->stay, &bounds, age))
			continue;
		rest = Days(visit->total) - age;
		if (rest > within)
			break;
		if (curve.at_risk > 0 && rest != duration)
		{
			count = PutSpells(spells, count, duration, ends);
			memset(ends, 0, sizeof(ends));
		}
		duration = rest;
		ends[visit->end] += visit->count;
		curve.at_risk += visit->count;
	}
	if (curve.at_risk > 0)
	{
		count = PutSpells(spells, count, duration, ends);
		curve.longest = duration;
	}
	for (; at < visit_count; at++)
	{
		if (!IsLonger(visits[at].stay, &bounds, age))
			continue;
		later += visits[at].count;
		curve.longest = Days(visits[at].total) - age;
	}
	if (later > 0)
	{
		memset(ends, 0, sizeof(ends));
		ends[END_OPEN] = later;
		curve.at_risk += later;
		count = PutSpells(spells, count, curve.longest, ends);
	}
	if (curve.at_risk > 0)
		curve.curves = IncidenceCurvesMake(spells, count, DEAL_ENDS - 1);
	pfree(spells);
	return curve;
}

/* The point of the won curve at so many more days; NULL before the first win. */
static const IncidencePoint *
WonAt(const ChanceCurve *curve, double days)
{
	int			first = curve->curves.first[END_WON];
	const IncidencePoint *points = &curve->curves.point[first];
	int			last = FindDuration(points, sizeof(IncidencePoint),
									curve->curves.first[END_WON + 1] - first, days);

	return last < 0 ? NULL : &points[last];
}

/* Puts chance, chance_low, chance_high. */
static void
PutChance(RowWriter *row, const ChanceCurve *curve, double within)
{
	IntervalRule rule = CheckIntervalRule(0.95, "log");
	const IncidencePoint *point;
	double		chance;
	double		low;
	double		high;

	if (curve->at_risk == 0)
	{
		RowPutNulls(row, 3);
		return;
	}
	point = WonAt(curve, Min(within, curve->longest));
	chance = point ? point->incidence : 0;
	RowPutFloat(row, chance);
	if (IntervalBounds(rule, chance, point ? point->std_error / chance : 0, &low, &high))
	{
		RowPutFloat(row, low);
		RowPutFloat(row, high);
	}
	else
		RowPutNulls(row, 2);
}

static void
PutWatched(RowWriter *row, const ChanceCurve *curve, double within)
{
	if (curve->at_risk == 0)
		RowPutNull(row);
	else
		RowPutFloat(row, Min(within, curve->longest));
}

/* A number of days that must not be negative or NaN. */
static double
CheckDays(double days, const char *what)
{
	if (isnan(days) || days < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be 0 or more", what),
				 errdetail("The value is %g.", days),
				 errhint("It counts days, with fractions.")));
	return days;
}

/* within_days of an argument; NULL: as long as anyone was watched. */
static double
WithinDays(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? INFINITY :
		CheckDays(PG_GETARG_FLOAT8(argument), "within_days");
}

/*
 * forecast_model_rows(forecast_model, within_days float8) → rows (stage_index int, stage
 * text, visits, won, lost, removed, open bigint, chance, chance_low, chance_high,
 * watched_days float8): one per open stage, for a deal that just entered it
 */
Datum
forecast_model_rows(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	ForecastModel *model;
	const PipelineDef *def;
	double		within;

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	model = ForecastModelFromDatum(PG_GETARG_DATUM(0));
	def = ForecastModelDef(model);
	within = WithinDays(fcinfo, 1);
	for (int place = 1; place <= def->open; place++)
	{
		const PipelineName *name = PipelineStage(def, place);
		ChanceCurve curve = ChanceCurveMake(model, place, 0, within);
		int			count;
		const ForecastVisit *visits = ForecastModelStage(model, place, &count);
		int64		ends[DEAL_ENDS] = {0};

		for (int i = 0; i < count; i++)
			ends[visits[i].end] += visits[i].count;
		RowPutInt(&row, place);
		RowPutBytes(&row, name->bytes, name->length);
		RowPutInt64(&row, curve.at_risk);
		RowPutInt64(&row, ends[END_WON]);
		RowPutInt64(&row, ends[END_LOST]);
		RowPutInt64(&row, ends[END_REMOVED]);
		RowPutInt64(&row, ends[END_OPEN]);
		PutChance(&row, &curve, within);
		PutWatched(&row, &curve, within);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/* The place of an open stage by its name; an error for any other name. */
static int
CheckOpenStage(const PipelineSpec *spec, const text *stage)
{
	int			place = PipelinePlace(spec, VARDATA_ANY(stage), VARSIZE_ANY_EXHDR(stage));

	if (place == PLACE_UNLISTED || place > spec->places.open)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("stage \"%s\" is no open stage of the model", text_to_cstring(stage)),
				 errdetail("Its pipeline is %s.", PipelineDefText(spec->def)),
				 errhint("A deal that is closed has no chance to be worked out.")));
	return place;
}

/*
 * forecast_chance(forecast_model, stage text, age_days, within_days float8) → (chance,
 * chance_low, chance_high float8, at_risk bigint, watched_days float8)
 */
Datum
forecast_chance(PG_FUNCTION_ARGS)
{
	ForecastModel *model;
	PipelineSpec *spec;
	ChanceCurve curve;
	RowWriter	row;
	double		age;
	double		within;
	int			place;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	model = ForecastModelCached(fcinfo->flinfo, PG_GETARG_DATUM(0));
	spec = PipelineSpecOf(fcinfo->flinfo, ForecastModelDef(model));
	place = CheckOpenStage(spec, PG_GETARG_TEXT_PP(1));
	age = CheckDays(PG_GETARG_FLOAT8(2), "age_days");
	within = WithinDays(fcinfo, 3);
	curve = ChanceCurveMake(model, place, age, within);
	row = RowBegin(fcinfo);
	PutChance(&row, &curve, within);
	RowPutInt64(&row, curve.at_risk);
	PutWatched(&row, &curve, within);
	PG_RETURN_DATUM(RowDatum(&row));
}

/* A deal as it is known at the end of as_of, and the age of its visit. */
typedef struct OpenDeal
{
	const DealPoint *point;		/* NULL unless the deal is open */
	PipelineSpec *spec;
	TimestampTz end;
	double		age;
} OpenDeal;

static OpenDeal
OpenDealRead(FunctionCallInfo fcinfo, const ForecastModel *model, DateADT as_of)
{
	OpenDeal	deal = {0};
	DealHistory history;
	const DealPoint *point;

	deal.spec = PipelineSpecOf(fcinfo->flinfo, ForecastModelDef(model));
	history = DealHistoryOf(PG_GETARG_DATUM(0), deal.spec);
	deal.end = DealDayEnd(&deal.spec->zone, as_of);
	point = DealHistoryBefore(&history, deal.end);
	if (point != NULL && point->kind == DEAL_OPEN)
	{
		deal.point = point;
		deal.age = Days(DealSpan(point->since, deal.end));
	}
	return deal;
}

/*
 * forecast_deal(deal_state, forecast_model, as_of date, within_days float8) → at most one
 * row (stage text, age_days float8, amount numeric, close_on date, chance, chance_low,
 * chance_high float8, at_risk bigint, watched_days float8)
 */
Datum
forecast_deal(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	ForecastModel *model;
	OpenDeal	deal;
	ChanceCurve curve;
	Money		amount;
	double		within;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return (Datum) 0;
	model = ForecastModelCached(fcinfo->flinfo, PG_GETARG_DATUM(1));
	within = WithinDays(fcinfo, 3);
	deal = OpenDealRead(fcinfo, model, CheckFiniteDate(PG_GETARG_DATEADT(2), "as_of"));
	if (deal.point == NULL)
		return (Datum) 0;
	curve = ChanceCurveMake(model, deal.point->place, deal.age, within);
	amount = DealPointAmount(deal.point);
	RowPutBytes(&row, deal.point->stage, deal.point->length);
	RowPutFloat(&row, deal.age);
	RowPutNumeric(&row, MoneyToNumeric(&amount));
	if (deal.point->close_on == DATE_NONE)
		RowPutNull(&row);
	else
		RowPutDate(&row, deal.point->close_on);
	PutChance(&row, &curve, within);
	RowPutInt64(&row, curve.at_risk);
	PutWatched(&row, &curve, within);
	RowEnd(&row);
	return (Datum) 0;
}

/* The first day of the month so many months after that of the day behind as_of. */
static DateADT
MonthStart(DateADT as_of, int months)
{
	int			day_of_month;

	return PeriodDate(GRAIN_MONTH, MonthOf(as_of + 1, &day_of_month) + months);
}

/*
 * forecast_months(deal_state, forecast_model, as_of date, months int) → rows (month date,
 * month_index int, chance float8) of an open deal: won in that month, the first one
 * from the day after as_of. NULL for months that nobody was watched into.
 */
Datum
forecast_months(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	ForecastModel *model;
	DateADT		as_of;
	OpenDeal	deal;
	ChanceCurve curve;
	int			months;
	double		from = 0;
	double		before = 0;

	for (int i = 0; i < 4; i++)
		if (PG_ARGISNULL(i))
			return (Datum) 0;
	model = ForecastModelCached(fcinfo->flinfo, PG_GETARG_DATUM(1));
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(2), "as_of");
	months = PG_GETARG_INT32(3);
	if (months < 1 || months > MOST_FORECAST_MONTHS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("months must lie between 1 and %d", MOST_FORECAST_MONTHS),
				 errdetail("The value is %d.", months),
				 errhint("It counts the months ahead.")));
	if (!IS_VALID_DATE(as_of + INT64CONST(1)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("as_of is the last date there is"),
				 errhint("Check as_of.")));
	deal = OpenDealRead(fcinfo, model, as_of);
	if (deal.point == NULL)
		return (Datum) 0;
	curve = ChanceCurveMake(model, deal.point->place, deal.age, INFINITY);
	for (int i = 1; i <= months; i++)
	{
		DateADT		month = MonthStart(as_of, i - 1);
		DateADT		next = MonthStart(as_of, i);
		double		until = Days(DealSpan(deal.end, DealDayEnd(&deal.spec->zone, next - 1)));
		bool		known = curve.at_risk > 0 &&
			(from < curve.longest || curve.curves.step[curve.curves.steps - 1].open == 0);

		CHECK_FOR_INTERRUPTS();
		RowPutDate(&row, month);
		RowPutInt(&row, i);
		if (known)
		{
			const IncidencePoint *point = WonAt(&curve, until);
			double		chance = point ? point->incidence : 0;

			RowPutFloat(&row, chance - before);
			before = chance;
		}
		else
			RowPutNull(&row);
		RowEnd(&row);
		from = until;
	}
	return (Datum) 0;
}
