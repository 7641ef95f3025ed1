/*
 * contract_terms.c
 *		The renewal chain of each line: which contract is a term, which an add-on,
 *		which renews which, and what that did to the line's total.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "contract/contract.h"

static const char *const outcome_names[] = {
	"not_due", "renewed_early", "renewed", "renewed_late", "in_grace", "lapsed"
};

const char *
TermOutcomeName(TermOutcome outcome)
{
	return outcome_names[outcome];
}

/* The outcome of a name of so many bytes; false for none. */
bool
TermOutcomeFind(const char *name, int length, TermOutcome *outcome)
{
	for (int i = 0; i < (int) lengthof(outcome_names); i++)
		if ((int) strlen(outcome_names[i]) == length && memcmp(name, outcome_names[i], length) == 0)
		{
			*outcome = (TermOutcome) i;
			return true;
		}
	return false;
}

/*
 * The contracts of one line that are not wholly inside another's term, by start.
 * contracts: sorted as ContractsSort does, so that what contains a contract
 * stands before it. Of equal terms the first is the base. Returns how many.
 */
static int
FindBases(const Contract *contracts, int count, const Contract **bases)
{
	int			found = 0;
	DateADT		furthest = DATEVAL_NOBEGIN; /* of the ends so far */
	bool		open_before = false;

	for (int i = 0; i < count; i++)
	{
		const Contract *contract = &contracts[i];

		if (contract->ends == DATEVAL_NOEND)
		{
			/* only an open-ended contract contains one, and it only such */
			if (!open_before)
				bases[found++] = contract;
			open_before = true;
			continue;
		}
		if (contract->ends <= furthest)
			continue;
		furthest = contract->ends;
		/* of one start, the term with an end comes before the open-ended one */
		if (found > 0 && bases[found - 1]->starts == contract->starts)
		{
			bases[found] = bases[found - 1];
			bases[found - 1] = contract;
		}
		else
			bases[found] = contract;
		found++;
	}
	return found;
}

/* What became of a term, given the contract that renews it (NULL for none). */
static TermOutcome
OutcomeOf(const Contract *contract, const Contract *renewed_by, DateADT as_of, int grace_days)
{
	if (contract->ends == DATEVAL_NOEND || as_of < contract->ends)
		return TERM_NOT_DUE;
	if (renewed_by != NULL)
	{
		if (renewed_by->starts < contract->ends)
			return TERM_RENEWED_EARLY;
		return renewed_by->starts == contract->ends ? TERM_RENEWED : TERM_RENEWED_LATE;
	}
	return as_of <= (int64) contract->ends + grace_days ? TERM_IN_GRACE : TERM_LAPSED;
}

/*
 * The terms of one line. contracts: of the line, sorted. Returns how many.
 */
static int
TermsOfLine(const Contract *contracts, int count, DateADT as_of, int grace_days, Term *terms)
{
	const Contract **bases = palloc_extended(count * sizeof(Contract *), MCXT_ALLOC_HUGE);
	int			found = FindBases(contracts, count, bases);
	Timeline	timeline = TimelineBuild(contracts, count);
	int			chain_index = 1;
	int			term_index = 1;

	for (int i = 0; i < found; i++)
	{
		const Contract *contract = bases[i];
		const Contract *next = i + 1 < found ? bases[i + 1] : NULL;
		Term	   *term = &terms[i];
		DateADT		last_day;

		CHECK_FOR_INTERRUPTS();
		term->contract = contract;
		term->chain_index = chain_index;
		term->term_index = term_index++;
		term->returned_on = DATEVAL_NOBEGIN;
		term->renewed_by = NULL;
		if (next != NULL && (contract->ends == DATEVAL_NOEND ||
							 next->starts <= (int64) contract->ends + grace_days))
			term->renewed_by = next;
		term->outcome = OutcomeOf(contract, term->renewed_by, as_of, grace_days);
		if (next != NULL && term->renewed_by == NULL)
		{
			chain_index++;
			term_index = 1;
			if (term->outcome == TERM_LAPSED)
				term->returned_on = next->starts;
		}

		/* the day before least(ends, renewed_on); as_of where neither is known */
		if (term->renewed_by != NULL)
			last_day = Min(contract->ends, term->renewed_by->starts) - 1;
		else if (contract->ends != DATEVAL_NOEND)
			last_day = contract->ends - 1;
		else
			last_day = Max(contract->starts, as_of);
		term->mrr = TimelineOn(&timeline, last_day)->total;
		if (term->renewed_by != NULL && contract->ends != DATEVAL_NOEND)
			term->next_mrr = TimelineOn(&timeline, Max(contract->ends, term->renewed_by->starts))->total;
	}
	return found;
}

/*
 * The terms of all lines, by line, chain and term, in the current context.
 * contracts: those known by as_of, sorted; finite as_of, grace_days >= 0.
 */
Term *
TermsFind(const Contract *contracts, int count, DateADT as_of, int grace_days, int *terms)
{
	Term	   *all = palloc_extended(Max(count, 1) * sizeof(Term),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int			found = 0;

	for (int begin = 0, end; begin < count; begin = end)
	{
		end = ContractsLineEnd(contracts, count, begin);
		found += TermsOfLine(contracts + begin, end - begin, as_of, grace_days, all + found);
	}
	*terms = found;
	return all;
}

/*
 * The chains of a customer's terms as spells counted in terms: one lapses when its
 * last term does; where a term is undecided (due later, in grace, open-ended) only
 * the terms before it are known to have been renewed. spells: room for as many
 * as there are terms. Returns how many.
 */
int
TermsSpells(const Term *terms, int count, ChainSpell *spells)
{
	int			found = 0;

	for (int begin = 0, end; begin < count; begin = end)
	{
		int			decided = 0;	/* from the chain's start on */

		/* the next chain, of this line or the next, begins with term 1 */
		for (end = begin + 1; end < count && terms[end].term_index > 1; end++)
			;
		while (begin + decided < end && TermDecided(terms[begin + decided].outcome))
			decided++;
		spells[found].terms = decided;
		spells[found++].lapsed = decided == end - begin;
	}
	return found;
}
