/*
 * contract_terms.c
 *		Which contract is a term, which an add-on, which renews which, and what that
 *		did to the value.
 *
 * A unit is what can be a term: a contract, or all phases of one. Units without
 * value are left aside. A unit that is not wholly inside another is a base, and
 * bases are the terms; of equal units the first by ContractsSort's order is the base.
 * An open-ended unit contains only open-ended ones. So bases with an end rise
 * by start and by end, and there is at most one base without.
 *
 * Each add-on counts with one base: of those that contain it the one of its own
 * contract_key, else the one that ends first.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "contract/contract_pairing.h"
#include "contract/contract_terms.h"

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

/* What became of a term on a day. */
static TermOutcome
OutcomeOf(const Term *term, DateADT as_of, int grace_days)
{
	if (term->ends == DATEVAL_NOEND || as_of < term->ends)
		return TERM_NOT_DUE;
	if (term->renewed_by != NULL)
	{
		if (term->renewed_by->starts < term->ends)
			return TERM_RENEWED_EARLY;
		return term->renewed_by->starts == term->ends ? TERM_RENEWED : TERM_RENEWED_LATE;
	}
	return as_of <= (int64) term->ends + grace_days ? TERM_IN_GRACE : TERM_LAPSED;
}

/* A contract, or all phases of one: its rows stand side by side. */
typedef struct Unit
{
	const Contract **rows;		/* by start */
	int			count;			/* of them */
	int			place;			/* among the bases, -1 for an add-on */
	DateADT		starts;
	DateADT		ends;
	Money		mrr;			/* on its first day */
} Unit;

/* Phases of one key side by side, all else as it was. */
static inline int
CompareRows(const Contract *a, const Contract *b)
{
	int			order;

	if (a->is_phase != b->is_phase)
		return a->is_phase - b->is_phase;
	if (a->is_phase && (order = ContractKeyCompare(a, b)) != 0)
		return order;
	return a < b ? -1 : a > b;
}

#define ST_SORT SortRows
#define ST_ELEMENT_TYPE ContractPointer
#define ST_COMPARE(a, b) CompareRows(*(a), *(b))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* As ContractsSort does: what contains a unit stands before it. */
static inline int
CompareUnits(const Unit *a, const Unit *b)
{
	int			order;

	if (a->starts != b->starts)
		return a->starts < b->starts ? -1 : 1;
	if (a->ends != b->ends)
		return a->ends > b->ends ? -1 : 1;
	if ((order = MoneyCompare(&b->mrr, &a->mrr)) != 0)
		return order;
	if ((order = ContractKeyCompare(a->rows[0], b->rows[0])) != 0)
		return order;
	return a->rows[0] < b->rows[0] ? -1 : a->rows[0] > b->rows[0];
}

#define ST_SORT SortUnits
#define ST_ELEMENT_TYPE Unit
#define ST_COMPARE(a, b) CompareUnits(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* Adds what the unit is worth on a day. */
static void
UnitAddOn(const Unit *unit, DateADT day, Money *total)
{
	for (int i = 0; i < unit->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (unit->rows[i]->starts <= day && day < unit->rows[i]->ends)
			MoneyAdd(total, &unit->rows[i]->mrr);
	}
}

/*
 * The units of one line that have a value, sorted. contracts: of the line, sorted;
 * nothing: 0 with the decimals to show. Returns how many.
 */
static int
UnitsFind(const Contract *contracts, int count, const Money *nothing, Unit *units)
{
	const Contract **rows = palloc_extended(count * sizeof(Contract *), MCXT_ALLOC_HUGE);
	bool		has_phases = false;
	int			found = 0;

	for (int i = 0; i < count; i++)
	{
		rows[i] = &contracts[i];
		has_phases = has_phases || contracts[i].is_phase;
	}
	if (has_phases)
		SortRows(rows, count);
	for (int begin = 0, end; begin < count; begin = end)
	{
		Unit	   *unit = &units[found];
		bool		has_value = false;

		unit->rows = rows + begin;
		unit->starts = rows[begin]->starts;
		unit->ends = rows[begin]->ends;
		for (end = begin; end < count && (end == begin ||
										  (rows[end]->is_phase && rows[begin]->is_phase &&
										   ContractKeyCompare(rows[end], rows[begin]) == 0)); end++)
		{
			CHECK_FOR_INTERRUPTS();
			unit->ends = Max(unit->ends, rows[end]->ends);
			has_value = has_value || MoneySign(&rows[end]->mrr) > 0;
		}
		unit->count = end - begin;
		if (!has_value)
			continue;
		unit->mrr = *nothing;
		UnitAddOn(unit, unit->starts, &unit->mrr);
		found++;
	}
	SortUnits(units, found);
	return found;
}

/* A base and its contract_key. */
typedef struct KeyedBase
{
	const Contract *contract;
	int			place;			/* of the base */
} KeyedBase;

/* By key, then by place. */
static inline int
CompareKeyed(const KeyedBase *a, const KeyedBase *b)
{
	int			order = ContractKeyCompare(a->contract, b->contract);

	return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

#define ST_SORT SortKeyed
#define ST_ELEMENT_TYPE KeyedBase
#define ST_COMPARE(a, b) CompareKeyed(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* The bases of a line. A base's place is where it stands among them. */
typedef struct Bases
{
	Unit	   *units;
	int			count;
	int		   *unit;			/* which unit, by start and then by end */
	int			open;			/* place of the one without an end, or -1 */
	int			with_end;		/* how many have one */
	int		   *ending;			/* their places */
	KeyedBase  *keyed;			/* the same by key */
} Bases;

/* Finds the bases of sorted units. */
static Bases
BasesFind(Unit *units, int count)
{
	Bases		bases = {0};
	DateADT		furthest = DATEVAL_NOBEGIN; /* of the ends so far */
	int			open = -1;

	bases.units = units;
	bases.unit = palloc_extended(Max(count, 1) * sizeof(int), MCXT_ALLOC_HUGE);
	bases.ending = palloc_extended(Max(count, 1) * sizeof(int), MCXT_ALLOC_HUGE);
	bases.keyed = palloc_extended(Max(count, 1) * sizeof(KeyedBase), MCXT_ALLOC_HUGE);
	bases.open = -1;
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		units[i].place = -1;
		if (units[i].ends == DATEVAL_NOEND)
		{
			if (open < 0)
				bases.unit[bases.count++] = open = i;
			continue;
		}
		if (units[i].ends <= furthest)
			continue;
		furthest = units[i].ends;
		bases.unit[bases.count++] = i;
		/* of one start, the term with an end comes before the open-ended one */
		if (open >= 0 && bases.count > 1 && bases.unit[bases.count - 2] == open &&
			units[open].starts == units[i].starts)
		{
			bases.unit[bases.count - 2] = i;
			bases.unit[bases.count - 1] = open;
		}
	}
	for (int place = 0; place < bases.count; place++)
	{
		Unit	   *unit = &units[bases.unit[place]];

		unit->place = place;
		if (unit->ends == DATEVAL_NOEND)
			bases.open = place;
		else
		{
			bases.keyed[bases.with_end].contract = unit->rows[0];
			bases.keyed[bases.with_end].place = place;
			bases.ending[bases.with_end++] = place;
		}
	}
	SortKeyed(bases.keyed, bases.with_end);
	return bases;
}

/* The place of the base with which an add-on counts: see the head of this file. */
static int
BaseOfAddOn(const Bases *bases, const Unit *add_on)
{
	KeyedBase	wanted;
	int			low = 0;
	int			high = bases->with_end;

	if (add_on->ends == DATEVAL_NOEND)
		return bases->open;
	/* those that contain it stand side by side: the first is the first that ends no sooner */
	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (bases->units[bases->unit[bases->ending[middle]]].ends < add_on->ends)
			low = middle + 1;
		else
			high = middle;
	}
	wanted.contract = add_on->rows[0];
	wanted.place = bases->ending[low];
	if (wanted.contract->key_length < 0)
		return wanted.place;
	low = 0;
	high = bases->with_end;
	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (CompareKeyed(&bases->keyed[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < bases->with_end &&
		ContractKeyCompare(bases->keyed[low].contract, wanted.contract) == 0 &&
		bases->units[bases->unit[bases->keyed[low].place]].starts <= add_on->starts)
		return bases->keyed[low].place;
	return wanted.place;
}

/* A place and what ties are decided by: larger value, earlier start, earlier end, key. */
typedef struct RankedBase
{
	const Unit *unit;
	int			place;
} RankedBase;

static inline int
CompareRanked(const RankedBase *a, const RankedBase *b)
{
	int			order;

	if ((order = MoneyCompare(&b->unit->mrr, &a->unit->mrr)) != 0)
		return order;
	/* bases rise by start and then by end, and no two are equal in both */
	return (a->place > b->place) - (a->place < b->place);
}

#define ST_SORT SortRanked
#define ST_ELEMENT_TYPE RankedBase
#define ST_COMPARE(a, b) CompareRanked(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* The place of the base that renews each, or -1. */
static int *
BasesPair(const Bases *bases, RenewalWindow window)
{
	PairingTerm *terms = palloc_extended(Max(bases->count, 1) * sizeof(PairingTerm), MCXT_ALLOC_HUGE);
	RankedBase *ranked = palloc_extended(Max(bases->count, 1) * sizeof(RankedBase), MCXT_ALLOC_HUGE);
	int		   *renewed_by = palloc_extended(Max(bases->count, 1) * sizeof(int), MCXT_ALLOC_HUGE);
	const Contract *open = bases->open < 0 ? NULL :
		bases->units[bases->unit[bases->open]].rows[0];
	int			key = 0;

	for (int place = 0; place < bases->count; place++)
	{
		const Unit *unit = &bases->units[bases->unit[place]];

		CHECK_FOR_INTERRUPTS();
		ranked[place].unit = unit;
		ranked[place].place = place;
		terms[place].starts = unit->starts;
		terms[place].ends = unit->ends == DATEVAL_NOEND ? PAIRING_OPEN : unit->ends;
		terms[place].key = PAIRING_NO_KEY;
	}
	SortRanked(ranked, bases->count);
	for (int i = 0; i < bases->count; i++)
		terms[ranked[i].place].rank = i;
	/* the open-ended one renews, too: its key is one of those, or no other's */
	for (int i = 0; i < bases->with_end; i++)
	{
		const Contract *contract = bases->keyed[i].contract;

		if (contract->key_length < 0)
			break;
		if (i > 0 && ContractKeyCompare(bases->keyed[i - 1].contract, contract) != 0)
			key++;
		terms[bases->keyed[i].place].key = key;
		if (open != NULL && ContractKeyCompare(open, contract) == 0)
			terms[bases->open].key = key;
	}
	TermsPair(terms, bases->count, window.grace_days, window.early_days, renewed_by);
	return renewed_by;
}

/* What a base and its add-ons are worth on a day. */
static Money
BaseValue(const Unit *units, const int *next, int unit, DateADT day, const Money *nothing)
{
	Money		total = *nothing;

	for (; unit >= 0; unit = next[unit])
		UnitAddOn(&units[unit], day, &total);
	return total;
}

/* The first of rising days that lies after another; DATEVAL_NOBEGIN for none. */
static DateADT
FirstAfter(const DateADT *days, int count, int64 day)
{
	int			low = 0;
	int			high = count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (days[middle] <= day)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count ? days[low] : DATEVAL_NOBEGIN;
}

/*
 * The terms of one line, by chain and term. contracts: of the line, sorted. Returns
 * how many.
 */
static int
TermsOfLine(const Contract *contracts, int count, DateADT as_of, RenewalWindow window, Term *terms)
{
	Unit	   *units = palloc_extended(count * sizeof(Unit), MCXT_ALLOC_HUGE);
	Money		nothing = {0};
	int			unit_count;
	Bases		bases;
	int		   *renewed_by;
	int		   *next;			/* of a unit, the next one that counts with its base */
	bool	   *renews;
	DateADT    *returns;		/* first days of chains, rising */
	int			chains = 0;
	int			chain_index = 0;
	int			found = 0;

	for (int i = 0; i < count; i++)
		if (contracts[i].mrr.wide == NULL)
		{
			nothing.fixed.groups = Max(nothing.fixed.groups, contracts[i].mrr.fixed.groups);
			nothing.fixed.scale = Max(nothing.fixed.scale, contracts[i].mrr.fixed.scale);
		}
	unit_count = UnitsFind(contracts, count, &nothing, units);
	if (unit_count == 0)
		return 0;
	bases = BasesFind(units, unit_count);
	renewed_by = BasesPair(&bases, window);

	next = palloc_extended(unit_count * sizeof(int), MCXT_ALLOC_HUGE);
	renews = palloc_extended(bases.count * sizeof(bool), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	returns = palloc_extended(bases.count * sizeof(DateADT), MCXT_ALLOC_HUGE);
	for (int place = 0; place < bases.count; place++)
		next[bases.unit[place]] = -1;
	for (int i = 0; i < unit_count; i++)
	{
		int			base;

		CHECK_FOR_INTERRUPTS();
		if (units[i].place >= 0)
			continue;
		base = bases.unit[BaseOfAddOn(&bases, &units[i])];
		next[i] = next[base];
		next[base] = i;
	}
	for (int place = 0; place < bases.count; place++)
		if (renewed_by[place] >= 0)
			renews[renewed_by[place]] = true;
	for (int place = 0; place < bases.count; place++)
		if (!renews[place])
			returns[chains++] = units[bases.unit[place]].starts;

	for (int begin = 0; begin < bases.count; begin++)
	{
		int			term_index = 0;

		if (renews[begin])
			continue;
		chain_index++;
		for (int place = begin; place >= 0; place = renewed_by[place])
		{
			const Unit *unit = &units[bases.unit[place]];
			const Unit *renewing = renewed_by[place] < 0 ? NULL :
				&units[bases.unit[renewed_by[place]]];
			Term	   *term = &terms[found++];
			DateADT		last_day;

			CHECK_FOR_INTERRUPTS();
			term->contract = unit->rows[0];
			term->ends = unit->ends;
			term->renewed_by = renewing == NULL ? NULL : renewing->rows[0];
			term->chain_index = chain_index;
			term->term_index = ++term_index;
			term->outcome = OutcomeOf(term, as_of, window.grace_days);
			term->returned_on = DATEVAL_NOBEGIN;
			if (term->outcome == TERM_LAPSED)
				term->returned_on = FirstAfter(returns, chains,
											   (int64) unit->ends + window.grace_days);

			if (renewing != NULL)
			{
				last_day = Min(unit->ends, renewing->starts) - 1;
				term->next_mrr = BaseValue(units, next, bases.unit[renewed_by[place]],
										   Max(unit->ends, renewing->starts), &nothing);
			}
			else if (unit->ends != DATEVAL_NOEND)
				last_day = unit->ends - 1;
			else
				last_day = Max(unit->starts, as_of);
			term->mrr = BaseValue(units, next, bases.unit[place], last_day, &nothing);
		}
	}
	return found;
}

/*
 * The terms of all lines, by line, chain and term, in the current context.
 * contracts: those known by as_of, sorted; the window's days not below 0.
 */
Term *
TermsFind(const Contract *contracts, int count, DateADT as_of, RenewalWindow window, int *terms)
{
	Term	   *all = palloc_extended(Max(count, 1) * sizeof(Term),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int			found = 0;

	for (int begin = 0, end; begin < count; begin = end)
	{
		end = ContractsLineEnd(contracts, count, begin);
		found += TermsOfLine(contracts + begin, end - begin, as_of, window, all + found);
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
