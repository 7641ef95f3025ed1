/*
 * cadence.h
 *		When will an account buy again, what will it spend: what the rooms of the
 *		module share.
 *
 * cadence_gap.c, cadence_forecast.c, cadence_fit.c, cadence_season.c, spend_fit.c
 *						the models, on plain numbers
 * cadence_state.c		cadence_state: one account's order days, as stored
 * cadence_functions.c	what SQL calls on one account's state alone
 * cadence_sample.c		cadence_sample: the histories of a population
 * cadence_model.c		cadence_model: its parameters, learned or given
 * cadence_answers.c	forecasts and their check
 * spend_sample.c		spend_sample: the amounts of a population
 * spend_model.c		spend_model
 * clv.c				lifetime value
 * clv_check.c			its check, and clv_sample, what that sums
 */
#ifndef REVOPS_CADENCE_H
#define REVOPS_CADENCE_H

#include <math.h>

#include "fmgr.h"
#include "utils/date.h"
#include "utils/numeric.h"

#include "base/json_tree.h"
#include "base/money.h"
#include "base/rows.h"
#include "base/state.h"
#include "base/wire.h"
#include "cadence/cadence_fit.h"
#include "cadence/cadence_forecast.h"
#include "cadence/cadence_season.h"
#include "cadence/spend_fit.h"

/* A number; NULL where it is not known, or not finite. */
static inline void
RowPutKnown(RowWriter *row, bool known, double value)
{
	if (known && isfinite(value))
		RowPutFloat(row, value);
	else
		RowPutNull(row);
}

#define MOST_ORDER_DAYS		1000000
#define MOST_FORECAST_DAYS	36500
#define MOST_FORECAST_MONTHS	600

/* cadence_state.c */

/*
 * The orders of one day, or its credit notes: those have orders 0. What the amount
 * cannot take stands in the WideArea.
 */
typedef struct CadenceEntry
{
	DateADT		day;
	int32		orders;
	int64		high;			/* the amount, as in DecimalSum */
	uint64		low;
} CadenceEntry;

typedef struct CadenceState
{
	StateHeader header;
	int32		count;			/* of entries */
	int32		sorted;			/* the first of them, in order and all different */
	int16		groups;			/* of the amounts, as in Decimal */
	int16		scale;			/* decimals to show */
	int32		wide_bytes;
	/* a WideArea of wide_bytes follows, then the entries */
} CadenceState;

static inline CadenceEntry *
CadenceStateEntries(const CadenceState *state)
{
	return (CadenceEntry *) ((char *) state + sizeof(CadenceState) + state->wide_bytes);
}

#define CADENCE_ALL_DAYS	DATEVAL_NOEND	/* as an as_of */

extern CadenceState *CadenceStateFromDatum(Datum value);
extern int	CadenceStateCountUntil(const CadenceState *state, DateADT as_of);
extern Money CadenceEntryAmount(const CadenceState *state, const CadenceEntry *entry);

/* The entries of one day, NULL for what it does not have. */
typedef struct CadenceDay
{
	const CadenceEntry *orders;
	const CadenceEntry *credits;
} CadenceDay;

extern CadenceDay CadenceStateDay(const CadenceState *state, int i, int *next);

/* The days of an account up to a day. */
typedef struct CadenceDays
{
	int			order_days;
	DateADT		first;			/* undefined without order days */
	DateADT		last;
} CadenceDays;

extern CadenceDays CadenceStateDays(const CadenceState *state, DateADT as_of);

/* cadence_sample.c */

/* Accounts with the same history. */
typedef struct CadenceSampleRow
{
	DateADT		first;
	DateADT		last;
	int32		gaps;
	int32		ahead;			/* order days after as_of, up to until */
	double		log_gap_sum;
	int64		count;
} CadenceSampleRow;

typedef struct CadenceSample
{
	StateHeader header;
	DateADT		as_of;
	DateADT		until;			/* DATEVAL_NOEND: without */
	int32		count;			/* of rows */
	int32		sorted;			/* the first of them, in order and all different */
	int64		accounts;
	int64		repeats[SEASON_MONTHS]; /* order days after the first, by month */
	CadenceSampleRow rows[FLEXIBLE_ARRAY_MEMBER];
} CadenceSample;

extern CadenceSample *CadenceSampleFromDatum(Datum value);
extern void CheckAheadDays(DateADT as_of, DateADT until);

/* cadence_model.c */

typedef enum CadenceStatus
{
	CADENCE_OK,
	CADENCE_FEW,
	CADENCE_NO_REPEATS,
	CADENCE_EDGE,
	CADENCE_STOPPED
} CadenceStatus;

#define CADENCE_LEARNED		1	/* flags of a cadence_model: counts are there */
#define CADENCE_HAS_SEASON	2

typedef struct CadenceModel
{
	StateHeader header;
	int32		regularity;
	int32		status;
	double		r;
	double		alpha;
	double		a;
	double		b;
	/* 0 where parameters were given */
	double		log_likelihood;
	double		prior_weight;
	int64		accounts;
	int64		repeat_accounts;
	int64		gaps;
	DateADT		as_of;
	int32		unused;
	CadenceSeason season;		/* 0 without */
} CadenceModel;

extern CadenceModel *CadenceModelFromDatum(Datum value);
extern CadenceModel *CadenceModelReadJson(const JsonNode *root);
extern void CadenceModelPutJson(StringInfo text, const CadenceModel *model);
extern CadenceModel *CadenceModelReadWire(WireReader *reader);
extern void CadenceModelPutWire(StringInfo buffer, const CadenceModel *model);
extern CadenceParameters CadenceModelParameters(const CadenceModel *model);
extern const CadenceSeason *CadenceModelSeason(const CadenceModel *model);
extern double CheckPriorWeight(double prior_weight);

/* cadence_answers.c */

extern CadenceHistory CadenceHistoryMake(const CadenceModel *model, DateADT first, DateADT last,
										 int order_days, DateADT as_of);

/* clv.c */

extern double CheckRate(double rate, bool above_minus_one, const char *what);
extern int	CheckForecastMonths(int months);
extern DateADT ForecastMonthStart(DateADT as_of, int month);
extern double MonthDiscount(double discount_rate, int month);

/* spend_sample.c */

extern bool SpendRowRead(const CadenceState *state, DateADT as_of, SpendRow *row);
extern double MoneyToFloat(const Money *money);

/* spend_model.c */

#define SPEND_LEARNED	1		/* flag of a spend_model: counts are there */

#define SPEND_NUMBERS	5

typedef struct SpendModel
{
	StateHeader header;
	int16		method;
	int16		status;
	int32		missing;		/* bit i: numbers[i] is not there; the last bit: no correlation */
	double		numbers[SPEND_NUMBERS]; /* in the order of spend_number_names */
	double		frequency_correlation;
	int64		accounts;
	int64		order_days;
} SpendModel;

extern SpendModel *SpendModelFromDatum(Datum value);
extern SpendModel *SpendModelMake(const SpendFit *fit);
extern SpendMethod SpendMethodFromText(const char *name);
extern const char *SpendMethodName(SpendMethod method);
extern SpendModel *SpendModelReadJson(const JsonNode *root);
extern void SpendModelPutJson(StringInfo text, const SpendModel *model);
extern SpendModel *SpendModelReadWire(WireReader *reader);
extern void SpendModelPutWire(StringInfo buffer, const SpendModel *model);
extern bool SpendModelExpect(const SpendModel *model, const SpendRow *row, double *spend);

#endif							/* REVOPS_CADENCE_H */
