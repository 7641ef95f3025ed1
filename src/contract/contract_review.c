/*
 * contract_review.c
 *		Contracts as they were brought in: gaps to close, mistakes to look at.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "contract/contract.h"

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

/* Problems that one contract can have: one of each kind. */
#define MOST_PROBLEMS	5

/*
 * What is worth a look, by line and start: at most one problem of each kind a
 * contract. contracts: sorted. In the current context.
 */
ContractProblem *
ContractsCheck(const Contract *contracts, int count, int *problems)
{
	ContractProblem *all = palloc_extended(Max(count, 1) * MOST_PROBLEMS * sizeof(ContractProblem),
										   MCXT_ALLOC_HUGE);
	int			found = 0;

	for (int begin = 0, end; begin < count; begin = end)
	{
		const Contract *longest = NULL; /* of those before, the one that ends last */

		end = ContractsLineEnd(contracts, count, begin);
		for (int i = begin; i < end; i++)
		{
			const Contract *contract = &contracts[i];
			const Contract *before = i > begin ? contract - 1 : NULL;

			CHECK_FOR_INTERRUPTS();
			if (longest != NULL && contract->starts < longest->ends)
			{
				DateADT		ends = Min(contract->ends, longest->ends);

				PutProblem(&all[found++], "overlap", contract, longest, contract->starts, ends,
						   ends < contract->ends ?
						   psprintf("%d %s covered twice, the values add up",
									ends - contract->starts,
									ends - contract->starts == 1 ? "day is" : "days are") :
						   contract->starts == longest->starts && ends == longest->ends ?
						   "the same term twice: the values add up, the larger one is the term" :
						   "wholly inside the other's term: an add-on, not a term");
			}
			if (longest != NULL && longest->ends != DATEVAL_NOEND &&
				(int64) contract->starts - longest->ends == 1)
				PutProblem(&all[found++], "one_day_gap", contract, longest, longest->ends,
						   contract->starts,
						   "one day is not covered: is the end an inclusive one?");
			if (before != NULL && (IsTwelfth(&contract->mrr, &before->mrr) ||
								   IsTwelfth(&before->mrr, &contract->mrr)))
				PutProblem(&all[found++], "twelvefold", contract, before, contract->starts,
						   contract->ends,
						   psprintf("mrr %s after %s: is one of them a year's amount?",
									NumericToText(MoneyToNumeric(&contract->mrr)),
									NumericToText(MoneyToNumeric(&before->mrr))));
			if (contract->known_on > contract->starts)
				PutProblem(&all[found++], "signed_late", contract, NULL, contract->starts,
						   contract->known_on,
						   psprintf("known %d %s after its first day",
									contract->known_on - contract->starts,
									contract->known_on - contract->starts == 1 ? "day" : "days"));
			if (MoneySign(&contract->mrr) == 0)
				PutProblem(&all[found++], "zero_value", contract, NULL, contract->starts,
						   contract->ends,
						   "in force without value: counted as a term, not as a paying customer");
			if (longest == NULL || contract->ends > longest->ends)
				longest = contract;
		}
	}
	*problems = found;
	return all;
}
