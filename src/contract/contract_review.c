/*
 * contract_review.c
 *		Contracts as they were brought in: gaps to close, phases to join, mistakes to
 *		look at.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/datetime.h"

#include "contract/contract.h"

/* By key, then as they were sorted. */
static inline int
CompareByKey(const Contract *a, const Contract *b)
{
	int			order = ContractKeyCompare(a, b);

	return order != 0 ? order : (a > b) - (a < b);
}

#define ST_SORT SortByKey
#define ST_ELEMENT_TYPE ContractPointer
#define ST_COMPARE(a, b) CompareByKey(*(a), *(b))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* Whether `twelfth` * 12 = `whole`, neither being 0. */
static bool
IsTwelfth(const Money *twelfth, const Money *whole)
{
	Money		sum;

	if (MoneySign(twelfth) == 0)
		return false;
	sum = *twelfth;
	for (int i = 1; i < 12; i++)
		MoneyAdd(&sum, twelfth);
	return MoneyCompare(&sum, whole) == 0;
}

/*
 * Closes each gap of a line of up to max_days days: the contracts that end where
 * it begins last until it ends. contracts: sorted; changed in place.
 */
void
ContractsFillGaps(Contract *contracts, int count, int max_days)
{
	for (int begin = 0, end; begin < count; begin = end)
	{
		DateADT		covered = contracts[begin].ends;
		int			first = begin;	/* since the last gap */

		end = ContractsLineEnd(contracts, count, begin);
		for (int i = begin + 1; i < end; i++)
		{
			DateADT		starts = contracts[i].starts;

			CHECK_FOR_INTERRUPTS();
			if (starts > covered)
			{
				if ((int64) starts - covered <= max_days)
				{
					for (int k = first; k < i; k++)
						if (contracts[k].ends == covered)
							contracts[k].ends = starts;
				}
				first = i;
			}
			covered = Max(covered, contracts[i].ends);
		}
	}
}

/* The contracts of one line that have a key, by key and then as they were sorted. */
static ContractPointer *
KeyedContracts(const Contract *contracts, int count, int *keyed)
{
	ContractPointer *rows = palloc_extended(count * sizeof(ContractPointer), MCXT_ALLOC_HUGE);

	*keyed = 0;
	for (int i = 0; i < count; i++)
		if (contracts[i].key_length >= 0)
			rows[(*keyed)++] = &contracts[i];
	SortByKey(rows, *keyed);
	return rows;
}

/*
 * Makes the rows of one line and key, where there are several, phases of one term. What
 * is to come of a contract is known with the contract: a phase without a signing
 * day of its own is known as soon as any of them. contracts: sorted; changed in place.
 */
void
ContractsJoinPhases(Contract *contracts, int count)
{
	for (int begin = 0, end; begin < count; begin = end)
	{
		int			keyed;
		ContractPointer *rows;

		end = ContractsLineEnd(contracts, count, begin);
		rows = KeyedContracts(contracts + begin, end - begin, &keyed);
		for (int first = 0, next; first < keyed; first = next)
		{
			DateADT		known_on = rows[first]->known_on;

			for (next = first + 1; next < keyed && ContractKeyCompare(rows[first], rows[next]) == 0; next++)
			{
				CHECK_FOR_INTERRUPTS();
				known_on = Min(known_on, rows[next]->known_on);
			}
			for (int i = first; i < next && next - first > 1; i++)
			{
				Contract   *phase = &contracts[rows[i] - contracts];

				phase->is_phase = true;
				if (!phase->signed_given)
					phase->known_on = known_on;
				phase->signed_given = true;
			}
		}
		pfree(rows);
	}
}

static void
PutProblem(ContractProblem *problem, const char *name, const Contract *contract,
		   const Contract *other, DateADT starts, DateADT ends, char *detail)
{
	problem->name = name;
	problem->contract = contract;
	problem->other = other;
	problem->starts = starts;
	problem->ends = ends;
	problem->detail = detail;
}

/*
 * Of each contract the one of its line and key that started before it and ends last,
 * or NULL. contracts: of one line, sorted.
 */
static ContractPointer *
SameKeyBefore(const Contract *contracts, int count)
{
	ContractPointer *before = palloc_extended(count * sizeof(ContractPointer),
											  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int			keyed;
	ContractPointer *rows = KeyedContracts(contracts, count, &keyed);
	const Contract *longest = NULL;

	for (int i = 0; i < keyed; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i == 0 || ContractKeyCompare(rows[i - 1], rows[i]) != 0)
			longest = NULL;
		before[rows[i] - contracts] = longest;
		if (longest == NULL || rows[i]->ends > longest->ends)
			longest = rows[i];
	}
	pfree(rows);
	return before;
}

/* Problems that one contract can have: one of each kind. */
#define MOST_PROBLEMS	7

/* 2201-01-01: who writes a later end means none. */
#define FAR_END			(date2j(2201, 1, 1) - POSTGRES_EPOCH_JDATE)

static const char *
Days(int count)
{
	return psprintf("%d day%s", count, count == 1 ? " is" : "s are");
}

/* A contract beside one of its line that starts no later and ends after it has started. */
static char *
OverlapDetail(const Contract *contract, const Contract *other)
{
	if (contract->starts == other->starts && contract->ends == other->ends)
		return "the same term twice: the values add up, the larger one is the term";
	/* an open-ended contract contains only open-ended ones, and a phase is a part of its term */
	if (!contract->is_phase &&
		(contract->ends == other->ends ||
		 (contract->ends < other->ends && other->ends != DATEVAL_NOEND)))
		return "wholly inside the other's term: an add-on, not a term";
	return psprintf("%s covered twice, the values add up",
					Days(Min(contract->ends, other->ends) - contract->starts));
}

/*
 * What is worth a look, by line and start: at most one problem of each kind a
 * contract. contracts: sorted. In the current context.
 */
ContractProblem *
ContractsCheck(const Contract *contracts, int count, RenewalWindow window, int *problems)
{
	ContractProblem *all = palloc_extended(Max(count, 1) * MOST_PROBLEMS * sizeof(ContractProblem),
										   MCXT_ALLOC_HUGE);
	const Term **renewed_late = palloc_extended(Max(count, 1) * sizeof(Term *),
												MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int			term_count;
	const Term *terms = TermsFind(contracts, count, DATEVAL_NOEND, window, &term_count);
	int			found = 0;

	/* by the contract that renews */
	for (int i = 0; i < term_count; i++)
		if (terms[i].renewed_by != NULL && terms[i].renewed_by->starts > terms[i].ends)
			renewed_late[terms[i].renewed_by - contracts] = &terms[i];

	for (int begin = 0, end; begin < count; begin = end)
	{
		const Contract *longest = NULL; /* of those before that have a value, the one that ends last */
		ContractPointer *same_key;

		end = ContractsLineEnd(contracts, count, begin);
		same_key = SameKeyBefore(contracts + begin, end - begin);
		for (int i = begin; i < end; i++)
		{
			const Contract *contract = &contracts[i];
			const Contract *before = i > begin ? contract - 1 : NULL;
			const Contract *same = same_key[i - begin];
			const Term *late = renewed_late[i];
			bool		has_value = MoneySign(&contract->mrr) > 0;
			bool		one_day_gap = has_value && longest != NULL &&
				longest->ends != DATEVAL_NOEND && (int64) contract->starts - longest->ends == 1;

			CHECK_FOR_INTERRUPTS();
			if (same != NULL && contract->starts < same->ends)
				PutProblem(&all[found++], "same_key_overlap", contract, same, contract->starts,
						   Min(contract->ends, same->ends),
						   "the same key over the same days, the values add up: was it brought in twice?");
			else if (same != NULL && !(contract->is_phase && same->is_phase))
				PutProblem(&all[found++], "same_key_follows", contract, same, contract->starts,
						   contract->ends,
						   "the same key again: it counts as a renewal, contract_join_phases makes it a phase of one term");
			else if (same != NULL && contract->starts > same->ends && !one_day_gap)
				PutProblem(&all[found++], "pause", contract, same, same->ends, contract->starts,
						   psprintf("%s not covered: one term in renewals, a drop in the MRR bridge",
									Days(contract->starts - same->ends)));
			if (has_value && longest != NULL && contract->starts < longest->ends && longest != same)
				PutProblem(&all[found++], "overlap", contract, longest, contract->starts,
						   Min(contract->ends, longest->ends), OverlapDetail(contract, longest));
			if (one_day_gap)
				PutProblem(&all[found++], "one_day_gap", contract, longest, longest->ends,
						   contract->starts,
						   "one day is not covered: is the end an inclusive one?");
			else if (late != NULL)
				PutProblem(&all[found++], "gap_in_grace", contract, late->contract, late->ends,
						   contract->starts,
						   psprintf("%s not covered: renewed late in renewals, a drop in the MRR bridge",
									Days(contract->starts - late->ends)));
			if (before != NULL && (IsTwelfth(&contract->mrr, &before->mrr) ||
								   IsTwelfth(&before->mrr, &contract->mrr)))
				PutProblem(&all[found++], "twelvefold", contract, before, contract->starts,
						   contract->ends,
						   psprintf("mrr %s after %s: is one of them a year's amount?",
									NumericToText(MoneyToNumeric(&contract->mrr)),
									NumericToText(MoneyToNumeric(&before->mrr))));
			if (contract->ends != DATEVAL_NOEND && contract->ends > FAR_END)
				PutProblem(&all[found++], "far_end", contract, NULL, contract->starts,
						   contract->ends,
						   "ends after 2200: is it meant as open-ended? A total spread over it is next to nothing");
			if (contract->known_on > contract->starts)
				PutProblem(&all[found++], "signed_late", contract, NULL, contract->starts,
						   contract->known_on,
						   psprintf("known %d %s after its first day",
									contract->known_on - contract->starts,
									contract->known_on - contract->starts == 1 ? "day" : "days"));
			if (!has_value)
				PutProblem(&all[found++], "zero_value", contract, NULL, contract->starts,
						   contract->ends,
						   "in force without value: neither a term nor a paying customer");
			if (has_value && (longest == NULL || contract->ends > longest->ends))
				longest = contract;
		}
		pfree(same_key);
	}
	*problems = found;
	return all;
}
