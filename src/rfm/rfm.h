/*
 * rfm.h
 *		Recency, frequency, monetary value: what the rooms of the module share.
 */
#ifndef REVOPS_RFM_H
#define REVOPS_RFM_H

#include "fmgr.h"
#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/decimal.h"
#include "rfm/rfm_cuts.h"
#include "base/state.h"

/* rfm_order.c: one customer's orders */

typedef struct OrderState
{
	StateHeader header;
	int64		orders;			/* credit notes not counted */
	TimestampTz first_at;		/* both 0 while orders = 0 */
	TimestampTz last_at;
	DecimalSum	total;
	/* a numeric follows, to be added to total, once that has overflowed */
} OrderState;

extern OrderState *OrderStateFromDatum(Datum value);
extern Numeric OrderStateTotal(const OrderState *state);
extern bool OrderStateRecency(const OrderState *state, DateADT as_of, const char *time_zone, int *days);
pg_noreturn extern void OrderLiesAfter(const char *which, DateADT day, const char *time_zone,
									   DateADT as_of);

/* rfm_model.c: cuts, and scores made by them */

#define RFM_DIMENSIONS	3		/* recency, frequency, monetary, in this order */

typedef struct RfmModel
{
	StateHeader header;
	int32		cut_counts[RFM_DIMENSIONS];
	int32		unused;
	double		cuts[FLEXIBLE_ARRAY_MEMBER];	/* rising in each dimension */
} RfmModel;

typedef struct RfmScores
{
	int			score[RFM_DIMENSIONS];	/* from 1 */
	int			bins;			/* 0 where dimensions differ */
	bool		wide;			/* more than 9 bins: the cell is 5-10-4 */
} RfmScores;

extern const char *const rfm_measure_names[RFM_DIMENSIONS];

extern RfmModel *RfmModelCreate(const int *cut_counts);
extern double *RfmModelCuts(RfmModel *model, int dimension);
extern Datum RfmScoresMake(FmgrInfo *flinfo, const RfmScores *scores);

/* rfm_score.c: how a population is cut, and the settings that say it */

typedef enum RfmMethod
{
	RFM_QUANTILE,
	RFM_MEAN
} RfmMethod;

#define RFM_METHODS		2

typedef struct RfmScheme
{
	int			bins;
	RfmMethod	method;
} RfmScheme;

extern const char *const rfm_method_names[RFM_METHODS];

extern RfmScheme RfmSchemeCheck(int bins, const text *method);
extern void RfmSchemeCheckSame(RfmScheme before, RfmScheme now);
extern void RfmLearnCuts(double *values, int64 count, RfmScheme scheme, double *cuts);

/* rfm_segment.c: names of cells */

typedef struct SegmentMap SegmentMap;

extern SegmentMap *SegmentMapFromDatum(Datum value);
extern SegmentMap *SegmentMapOfBins(int bins);
extern void SegmentMapCheckBins(const SegmentMap *map, int bins);
extern const char *SegmentMapFind(const SegmentMap *map, const int *score);

#endif							/* REVOPS_RFM_H */
