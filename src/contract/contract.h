/*
 * contract.h
 *		Contracts: what the rooms of the module share.
 *
 * contract_list.c		one customer's contracts as an array, their order
 * contract_state.c		contract_state: one customer's contracts, as stored
 * contract_timeline.c	a customer's total from change to change; its movements
 * contract_terms.c		terms, their add-ons, and the renewal chains of each line
 * contract_pairing.c	which term renews which
 * contract_review.c	gaps to close, phases to join, mistakes to look at
 * contract_tally.c		sums over customers: mrr_bridge, and the two rates
 * contract_cohort.c	cohort_matrix
 * contract_functions.c	what SQL calls on one customer's state
 * contract_aggregates.c what SQL calls over customers
 *
 * Algorithms (list, timeline, terms, pairing) have headers of their own, take plain
 * arrays and know nothing of fcinfo. A day that a term ends on is the first day it does
 * not cover; DATEVAL_NOEND is open-ended.
 */
#ifndef REVOPS_CONTRACT_H
#define REVOPS_CONTRACT_H

#include "lib/stringinfo.h"
#include "utils/date.h"
#include "utils/rangetypes.h"

#include "base/calendar.h"
#include "base/json_tree.h"
#include "base/money.h"
#include "base/state.h"
#include "base/wire.h"
#include "contract/contract_list.h"
#include "contract/contract_terms.h"
#include "contract/contract_timeline.h"

/* contract_state.c */

typedef struct ContractState
{
	StateHeader header;
	int32		count;			/* of entries */
	int32		used;			/* bytes, the rest is spare room of an aggregate */
	/* entries follow, see contract_state.c */
} ContractState;

#define MOST_CONTRACTS	1000000

extern void ContractTermRead(RangeType *term, TypeCacheEntry *type, DateADT *starts, DateADT *ends);
extern ContractState *ContractStateFromDatum(Datum value);
extern Contract *ContractStateRead(const ContractState *state, DateADT known_by, int *count);
extern ContractState *ContractStateWrite(const Contract *contracts, int count);

/* contract_review.c */

typedef struct ContractProblem
{
	const char *name;
	const Contract *contract;
	const Contract *other;		/* NULL where one contract is the problem */
	DateADT		starts;			/* of the days in question */
	DateADT		ends;
	char	   *detail;
} ContractProblem;

extern void ContractsJoinPhases(Contract *contracts, int count);
extern void ContractsFillGaps(Contract *contracts, int count, int max_days);
extern ContractProblem *ContractsCheck(const Contract *contracts, int count, RenewalWindow window,
									   int *problems);

/* contract_tally.c */

typedef enum TallyKind
{
	TALLY_RENEWALS,
	TALLY_RETENTION,
	TALLY_BRIDGE
} TallyKind;

/* Counts and sums over customers; both arrays follow, then a WideArea. */
typedef struct ContractTally
{
	StateHeader header;			/* flags: the TallyKind */
	int32		grain;
	DateADT		from_date;
	DateADT		until_date;
	int32		periods;
	int32		wide_bytes;
	int32		unused;
} ContractTally;

/* Vectors of each kind, in the order in which they are kept. */
enum RenewalCounts
{
	RENEWALS_RENEWED, RENEWALS_LAPSED, RENEWALS_PENDING
};
enum RenewalSums
{
	RENEWALS_DECIDED_MRR, RENEWALS_PENDING_MRR, RENEWALS_KEPT_MRR, RENEWALS_NEXT_MRR
};
enum RetentionCounts
{
	RETENTION_START, RETENTION_KEPT
};
enum RetentionSums
{
	RETENTION_START_MRR, RETENTION_KEPT_MRR, RETENTION_END_MRR
};
enum BridgeCounts
{
	BRIDGE_OPENING, BRIDGE_NEW, BRIDGE_REACTIVATED, BRIDGE_CHURNED
};
enum BridgeSums
{
	BRIDGE_OPENING_MRR, BRIDGE_NEW_MRR, BRIDGE_EXPANSION_MRR, BRIDGE_REACTIVATION_MRR,
	BRIDGE_CONTRACTION_MRR, BRIDGE_CHURN_MRR
};

extern ContractTally *TallyCreate(TallyKind kind, const PeriodSpan *span);
extern void TallyCheckKind(const ContractTally *tally, TallyKind least, TallyKind most);
extern ContractTally *TallyFromDatum(Datum value, TallyKind least, TallyKind most);
extern PeriodSpan TallySpan(const ContractTally *tally);
extern void TallyCountOne(ContractTally *tally, int vector, int period);
extern void TallyAdd(ContractTally *tally, int vector, int period, const Money *more, WideList *wide);
extern ContractTally *TallyKeepWide(ContractTally *tally, WideList *wide);
extern ContractTally *TallyCanonical(ContractTally *tally);
extern ContractTally *TallyMerge(ContractTally *tally, const ContractTally *other);
extern int64 TallyCount(const ContractTally *tally, int vector, int period);
extern int	TallyScale(const ContractTally *tally, int vector, int period);
extern Money TallySum(const ContractTally *tally, int vector, int period);

/* contract_cohort.c */

/* see contract_cohort.c for what follows the struct */
typedef struct CohortMatrix
{
	StateHeader header;			/* flags: COHORT_OF_DATES */
	int32		grain;
	DateADT		as_of;
	int32		slots;			/* of the directory, a power of two */
	int32		cohorts;
	int32		cells;
	int32		wide_bytes;
} CohortMatrix;

#define COHORT_OF_DATES		1	/* active only, no money */

typedef struct CohortCell
{
	int64		period;			/* of the cohort */
	int			index;			/* periods after it */
	bool		observed;		/* else provisional */
	int64		customers;
	int64		active;
	Money		mrr_start;
	Money		mrr_kept;
	Money		mrr;
} CohortCell;

extern CohortMatrix *CohortCreate(Grain grain, DateADT as_of, bool of_dates);
extern CohortMatrix *CohortFromDatum(Datum value);
extern CohortMatrix *CohortAddTimeline(CohortMatrix *matrix, const Timeline *timeline);
extern CohortMatrix *CohortAddDays(CohortMatrix *matrix, DateADT *days, int count);
extern CohortMatrix *CohortMerge(CohortMatrix *matrix, const CohortMatrix *other);
extern CohortMatrix *CohortCanonical(const CohortMatrix *matrix);
extern CohortCell *CohortCells(const CohortMatrix *matrix, int *count);

/* contract_functions.c */

extern RenewalWindow CheckRenewalWindow(int grace_days, int early_days);

#endif							/* REVOPS_CONTRACT_H */
