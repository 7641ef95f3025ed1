/*
 * rfm_score.c
 *		The window function rfm_score, which learns the cuts of a partition and
 *		scores by them at once; and what it shares with rfm_model_agg.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "base/check.h"
#include "base/compat.h"
#include "rfm/rfm.h"

PG_FUNCTION_INFO_V1(rfm_score);

/* As users write them; a method is its place here. */
const char *const rfm_method_names[RFM_METHODS] = {"quantile", "mean"};

/*
 * Checks the settings a user gave. method may be NULL, which is not a name.
 */
RfmScheme
RfmSchemeCheck(int bins, const text *method)
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

		while (scheme.method < RFM_METHODS && strcmp(name, rfm_method_names[scheme.method]) != 0)
			scheme.method++;
		if (scheme.method == RFM_METHODS)
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

/* Settings must be the same in all rows that are cut together. */
void
RfmSchemeCheckSame(RfmScheme before, RfmScheme now)
{
	if (before.bins == now.bins && before.method == now.method)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("bins and method must be the same for all rows that are scored together"),
			 errdetail("One row says %d and %s, another %d and %s.",
					   before.bins, rfm_method_names[before.method],
					   now.bins, rfm_method_names[now.method]),
			 errhint("Give them as constants.")));
}

/*
 * The cuts of one dimension of a population: count >= 1 values on the scale on
 * which they are compared. Reorders the values.
 */
void
RfmLearnCuts(double *values, int64 count, RfmScheme scheme, double *cuts)
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
} RfmPartition;

/* The settings as the current row has them. */
static RfmScheme
CurrentScheme(WindowObject window)
{
	bool		bins_null;
	bool		method_null;
	int			bins = DatumGetInt32(WinGetFuncArgCurrent(window, 3, &bins_null));
	Datum		method = WinGetFuncArgCurrent(window, 4, &method_null);

	CheckSettingIsSet(bins_null, "bins");
	CheckSettingIsSet(method_null, "method");
	return RfmSchemeCheck(bins, DatumGetTextPP(method));
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
			RfmLearnCuts(values[d], count, partition->scheme, partition->cuts[d]);
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
		LearnPartition(window, partition);
	}
	else if (partition->settings_vary)
		RfmSchemeCheckSame(partition->scheme, CurrentScheme(window));
	if (!CurrentMeasures(window, measures))
		PG_RETURN_NULL();
	for (int d = 0; d < RFM_DIMENSIONS; d++)
		scores.score[d] = ScoreByCuts(partition->cuts[d], partition->scheme.bins - 1, measures[d]);
	scores.bins = partition->scheme.bins;
	scores.wide = scores.bins > 9;
	return RfmScoresMake(fcinfo->flinfo, &scores);
}
