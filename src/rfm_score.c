/*
 * rfm_score.c
 *		Learning cuts from a population: the window function rfm_score, which
 *		learns and scores at once, and the aggregate rfm_model_agg.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "check.h"
#include "compat.h"
#include "rfm.h"

PG_FUNCTION_INFO_V1(rfm_score);
PG_FUNCTION_INFO_V1(rfm_population_add);
PG_FUNCTION_INFO_V1(rfm_population_combine);
PG_FUNCTION_INFO_V1(rfm_population_model);

typedef enum RfmMethod
{
	RFM_QUANTILE,
	RFM_MEAN
} RfmMethod;

/* How a population is cut. */
typedef struct RfmScheme
{
	int			bins;
	RfmMethod	method;
} RfmScheme;

/*
 * Checks the settings a user gave. method may be NULL, which is not a name.
 */
static RfmScheme
CheckScheme(int bins, const text *method)
{
	RfmScheme	scheme = {bins, RFM_QUANTILE};

	if (bins < RFM_LEAST_BINS || bins > RFM_MOST_BINS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bins must lie between %d and %d", RFM_LEAST_BINS, RFM_MOST_BINS),
				 errdetail("The value is %d.", bins),
				 errhint("5 is usual.")));
	if (method != NULL)
	{
		char	   *name = text_to_cstring(method);

		if (strcmp(name, "mean") == 0)
			scheme.method = RFM_MEAN;
		else if (strcmp(name, "quantile") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown method \"%s\"", name),
					 errhint("Known methods are quantile and mean.")));
		pfree(name);
	}
	if (scheme.method == RFM_MEAN && bins != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("method mean makes 2 bins, not %d", bins),
				 errdetail("It has one cut, at the arithmetic mean."),
				 errhint("Say bins => 2.")));
	return scheme;
}

static void
SettingIsNull(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s must not be NULL", name),
			 errhint("Leave it out to get its default.")));
}

static void
SettingChanged(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("bins and method must be the same for all rows that are scored together"),
			 errhint("Give them as constants.")));
}

/*
 * The cuts of one dimension of a population: count >= 1 values on the scale on
 * which they are compared. Reorders the values.
 */
static void
LearnCuts(double *values, int64 count, RfmScheme scheme, double *cuts)
{
	if (scheme.method == RFM_MEAN)
		cuts[0] = MeanCut(values, count);
	else
		QuantileCuts(values, count, scheme.bins, cuts);
}

/* ------------------------------------------------------------------------- */

/* What rfm_score keeps for a partition. */
typedef struct RfmPartition
{
	bool		learned;
	bool		settings_vary;	/* then they are compared in every row */
	RfmScheme	scheme;
	double		cuts[RFM_DIMENSIONS][RFM_MOST_CUTS];
	RfmScoresMaker *maker;
} RfmPartition;

/* The settings as the current row has them. */
static RfmScheme
CurrentScheme(WindowObject window)
{
	bool		bins_null;
	bool		method_null;
	int			bins = DatumGetInt32(WinGetFuncArgCurrent(window, 3, &bins_null));
	Datum		method = WinGetFuncArgCurrent(window, 4, &method_null);

	if (bins_null)
		SettingIsNull("bins");
	if (method_null)
		SettingIsNull("method");
	return CheckScheme(bins, DatumGetTextPP(method));
}

/* The measures of the current row; false when one is NULL. */
static bool
CurrentMeasures(WindowObject window, double *measures)
{
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		bool		is_null;
		Datum		value = WinGetFuncArgCurrent(window, d, &is_null);

		if (is_null)
			return false;
		measures[d] = CheckFiniteFloat(DatumGetFloat8(value), rfm_measure_names[d]);
	}
	measures[0] = 0.0 - measures[0];
	return true;
}

/*
 * Reads the whole partition once and learns its cuts.
 */
static void
LearnPartition(WindowObject window, RfmPartition *partition)
{
	int64		rows = WinGetPartitionRowCount(window);
	int64		count = 0;
	double	   *values[RFM_DIMENSIONS];

	/* the window API addresses rows by int */
	if (rows > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rfm_score cannot score %lld rows together", (long long) rows),
				 errhint("Learn a model with rfm_model_agg and score with rfm_model_score.")));
	for (int d = 0; d < RFM_DIMENSIONS; d++)
		values[d] = MemoryContextAllocHuge(CurrentMemoryContext, rows * sizeof(double));
	for (int64 row = 0; row < rows; row++)
	{
		bool		complete = true;

		CHECK_FOR_INTERRUPTS();
		for (int d = 0; d < RFM_DIMENSIONS && complete; d++)
		{
			bool		is_null;
			bool		is_out;
			Datum		value = WinGetFuncArgInPartition(window, d, (int) row, WINDOW_SEEK_HEAD,
														 false, &is_null, &is_out);

			complete = !is_null;
			if (complete)
				values[d][count] = CheckFiniteFloat(DatumGetFloat8(value), rfm_measure_names[d]);
		}
		if (complete)
		{
			values[0][count] = 0.0 - values[0][count];
			count++;
		}
	}
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		if (count > 0)
			LearnCuts(values[d], count, partition->scheme, partition->cuts[d]);
		pfree(values[d]);
	}
	partition->learned = true;
}

/*
 * rfm_score(recency_days, frequency, monetary float8, bins int, method text)
 * OVER (…) → rfm_scores; NULL for a row with a NULL measure, which takes no part
 * in the cuts either.
 */
Datum
rfm_score(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	RfmPartition *partition = WinGetPartitionLocalMemory(window, sizeof(RfmPartition));
	double		measures[RFM_DIMENSIONS];
	RfmScores	scores;

	if (!partition->learned)
	{
		partition->scheme = CurrentScheme(window);
		partition->settings_vary = !get_fn_expr_arg_stable(fcinfo->flinfo, 3) ||
			!get_fn_expr_arg_stable(fcinfo->flinfo, 4);
		partition->maker = RfmScoresMakerCreate(fcinfo->flinfo, GetMemoryChunkContext(partition));
		LearnPartition(window, partition);
	}
	else if (partition->settings_vary)
	{
		RfmScheme	scheme = CurrentScheme(window);

		if (scheme.bins != partition->scheme.bins || scheme.method != partition->scheme.method)
			SettingChanged();
	}
	if (!CurrentMeasures(window, measures))
		PG_RETURN_NULL();
	for (int d = 0; d < RFM_DIMENSIONS; d++)
		scores.score[d] = ScoreByCuts(partition->cuts[d], partition->scheme.bins - 1, measures[d]);
	scores.bins = partition->scheme.bins;
	scores.wide = scores.bins > 9;
	return RfmScoresMake(partition->maker, &scores);
}

/* ------------------------------------------------------------------------- */

/*
 * What rfm_model_agg gathers: a bytea in SQL, because nobody but this aggregate
 * has a use for it. Customers follow one another, three doubles each.
 */
typedef struct RfmPopulation
{
	int32		vl_len_;
	int32		bins;
	int32		method;
	int32		unused;
	int64		count;
	double		measures[FLEXIBLE_ARRAY_MEMBER];
} RfmPopulation;

#define POPULATION_SIZE(count) \
	(offsetof(RfmPopulation, measures) + (count) * RFM_DIMENSIONS * sizeof(double))
#define FIRST_CAPACITY 64

static RfmPopulation *
PopulationCreate(RfmScheme scheme)
{
	RfmPopulation *population = palloc0(POPULATION_SIZE(FIRST_CAPACITY));

	SET_VARSIZE(population, POPULATION_SIZE(FIRST_CAPACITY));
	population->bins = scheme.bins;
	population->method = scheme.method;
	return population;
}

/* Adds `count` customers, whose measures need not be aligned. */
static RfmPopulation *
PopulationAppend(RfmPopulation *population, const void *measures, int64 count)
{
	Size		more = count * RFM_DIMENSIONS * sizeof(double);

	population = StateReserve(population, POPULATION_SIZE(population->count), more,
							  "population of rfm_model_agg");
	memcpy((char *) population + POPULATION_SIZE(population->count), measures, more);
	population->count += count;
	return population;
}

/*
 * rfm_population_add(bytea, recency_days, frequency, monetary float8, bins int
 * [, method text])
 */
Datum
rfm_population_add(PG_FUNCTION_ARGS)
{
	RfmPopulation *population = PG_ARGISNULL(0) ? NULL : PG_GETARG_STATE_IN_PLACE(0);
	double		measures[RFM_DIMENSIONS];
	RfmScheme	scheme;

	AggregateContext(fcinfo, "rfm_model_agg");
	if (PG_ARGISNULL(4))
		SettingIsNull("bins");
	if (PG_NARGS() > 5 && PG_ARGISNULL(5))
		SettingIsNull("method");
	scheme = CheckScheme(PG_GETARG_INT32(4), PG_NARGS() > 5 ? PG_GETARG_TEXT_PP(5) : NULL);
	if (population != NULL &&
		(population->bins != scheme.bins || population->method != (int) scheme.method))
		SettingChanged();

	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		if (PG_ARGISNULL(d + 1))
		{
			if (population == NULL)
				PG_RETURN_NULL();
			PG_RETURN_POINTER(population);
		}
		measures[d] = CheckFiniteFloat(PG_GETARG_FLOAT8(d + 1), rfm_measure_names[d]);
	}
	measures[0] = 0.0 - measures[0];
	if (population == NULL)
		population = PopulationCreate(scheme);
	PG_RETURN_POINTER(PopulationAppend(population, measures, 1));
}

/*
 * rfm_population_combine(bytea, bytea): the second comes from another process
 * and may be packed, so that it is not aligned.
 */
Datum
rfm_population_combine(PG_FUNCTION_ARGS)
{
	RfmPopulation *population = PG_ARGISNULL(0) ? NULL : PG_GETARG_STATE_IN_PLACE(0);
	RfmPopulation other;
	struct varlena *bytes;

	AggregateContext(fcinfo, "rfm_model_agg");
	if (PG_ARGISNULL(1))
	{
		if (population == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(population);
	}
	bytes = PG_DETOAST_DATUM(PG_GETARG_DATUM(1));
	if (VARSIZE(bytes) < POPULATION_SIZE(0))
		other.count = -1;
	else
		memcpy(&other, bytes, POPULATION_SIZE(0));
	if (other.count < 0 ||
		(Size) other.count > (VARSIZE(bytes) - POPULATION_SIZE(0)) / (RFM_DIMENSIONS * sizeof(double)))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("this value is not a state of rfm_model_agg")));
	if (population == NULL)
	{
		RfmScheme	scheme = {other.bins, (RfmMethod) other.method};

		population = PopulationCreate(scheme);
	}
	else if (population->bins != other.bins || population->method != other.method)
		SettingChanged();
	PG_RETURN_POINTER(PopulationAppend(population, (char *) bytes + POPULATION_SIZE(0), other.count));
}

/* rfm_population_model(bytea) → rfm_model: leaves the population as it is */
Datum
rfm_population_model(PG_FUNCTION_ARGS)
{
	RfmPopulation *population;
	RfmModel   *model;
	RfmScheme	scheme;
	int			cut_counts[RFM_DIMENSIONS];
	double	   *values;

	AggregateContext(fcinfo, "rfm_model_agg");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	population = PG_GETARG_STATE_IN_PLACE(0);
	scheme.bins = population->bins;
	scheme.method = population->method;
	for (int d = 0; d < RFM_DIMENSIONS; d++)
		cut_counts[d] = scheme.bins - 1;
	model = RfmModelCreate(cut_counts);
	values = MemoryContextAllocHuge(CurrentMemoryContext, population->count * sizeof(double));
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		for (int64 i = 0; i < population->count; i++)
			values[i] = population->measures[i * RFM_DIMENSIONS + d];
		LearnCuts(values, population->count, scheme, RfmModelCuts(model, d));
	}
	pfree(values);
	PG_RETURN_POINTER(model);
}
