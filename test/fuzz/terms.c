/*
 * terms.c
 *		Terms, pairs and chains of a customer's lines, by the words of the
 *		reference: all pairs are listed, the best left is taken, and so on.
 */
#include "fuzz.h"

#include "contract/contract_terms.h"

#define MOST_CASE_CONTRACTS 7
#define LINES			2
#define KEYS			3

static int	count;
static Contract contracts[MOST_CASE_CONTRACTS];
static bool is_term[MOST_CASE_CONTRACTS];
static int	base_of[MOST_CASE_CONTRACTS];	/* a term's own number; -1 without value */
static int	renews[MOST_CASE_CONTRACTS];	/* which term it renews, -1 for none */
static int	renewed_by[MOST_CASE_CONTRACTS];

static int64
Units(const Money *money)
{
	return (int64) money->fixed.coefficient;
}

static bool
SameText(const char *a, int a_length, const char *b, int b_length)
{
	return a_length == b_length && (a_length < 0 || memcmp(a, b, a_length) == 0);
}

static bool
SameLine(int a, int b)
{
	return SameText(contracts[a].line, contracts[a].line_length,
					contracts[b].line, contracts[b].line_length);
}

static bool
SameKey(int a, int b)
{
	return contracts[a].key_length >= 0 &&
		SameText(contracts[a].key, contracts[a].key_length,
				 contracts[b].key, contracts[b].key_length);
}

/* One letter; none comes last. */
static int
KeyRank(int c)
{
	return contracts[c].key_length < 0 ? 256 : contracts[c].key[0];
}

/* Larger mrr, earlier start, earlier end, key: which of two goes first; 0 for equals. */
static int
Rank(int a, int b)
{
	if (Units(&contracts[a].mrr) != Units(&contracts[b].mrr))
		return Units(&contracts[a].mrr) > Units(&contracts[b].mrr) ? -1 : 1;
	if (contracts[a].starts != contracts[b].starts)
		return contracts[a].starts < contracts[b].starts ? -1 : 1;
	if (contracts[a].ends != contracts[b].ends)
		return contracts[a].ends < contracts[b].ends ? -1 : 1;
	return KeyRank(a) - KeyRank(b);
}

/* Is a wholly inside b's term? Of equal terms one is inside the other: not the largest. */
static bool
Inside(int a, int b)
{
	const Contract *inner = &contracts[a];
	const Contract *outer = &contracts[b];

	if (a == b || !SameLine(a, b) || Units(&outer->mrr) == 0)
		return false;
	if ((inner->ends == DATEVAL_NOEND) != (outer->ends == DATEVAL_NOEND))
		return false;
	if (inner->starts == outer->starts && inner->ends == outer->ends)
		return Rank(b, a) < 0 || (Rank(b, a) == 0 && b < a);
	return inner->starts >= outer->starts && inner->ends <= outer->ends;
}

static void
FindTerms(void)
{
	for (int c = 0; c < count; c++)
	{
		is_term[c] = Units(&contracts[c].mrr) > 0;
		for (int other = 0; other < count; other++)
			if (Inside(c, other))
				is_term[c] = false;
	}
	/* an add-on counts with the term of its key, else the one that ends first */
	for (int c = 0; c < count; c++)
	{
		base_of[c] = is_term[c] ? c : -1;
		for (int t = 0; t < count && !is_term[c] && Units(&contracts[c].mrr) > 0; t++)
			if (is_term[t] && Inside(c, t) &&
				(base_of[c] < 0 || (SameKey(t, c) && !SameKey(base_of[c], c)) ||
				 (SameKey(t, c) == SameKey(base_of[c], c) &&
				  contracts[t].ends < contracts[base_of[c]].ends)))
				base_of[c] = t;
	}
}

static bool
IsPair(int a, int b, RenewalWindow window)
{
	return is_term[a] && is_term[b] && renewed_by[a] < 0 && renews[b] < 0 && SameLine(a, b) &&
		contracts[a].ends != DATEVAL_NOEND && contracts[b].starts > contracts[a].starts &&
		contracts[b].starts >= (int64) contracts[a].ends - window.early_days &&
		contracts[b].starts <= (int64) contracts[a].ends + window.grace_days;
}

/* Is the pair (a, b) to be taken before the pair (c, d)? */
static bool
GoesFirst(int a, int b, int c, int d)
{
	int64		gap = llabs((int64) contracts[b].starts - contracts[a].ends);
	int64		other = llabs((int64) contracts[d].starts - contracts[c].ends);

	if (gap != other)
		return gap < other;
	if (SameKey(a, b) != SameKey(c, d))
		return SameKey(a, b);
	return Rank(a, c) != 0 ? Rank(a, c) < 0 : Rank(b, d) < 0;
}

static void
FindPairs(RenewalWindow window)
{
	for (int c = 0; c < count; c++)
		renews[c] = renewed_by[c] = -1;
	for (;;)
	{
		int			best_a = -1;
		int			best_b = -1;

		for (int a = 0; a < count; a++)
			for (int b = 0; b < count; b++)
				if (IsPair(a, b, window) &&
					(best_a < 0 || GoesFirst(a, b, best_a, best_b)))
				{
					best_a = a;
					best_b = b;
				}
		if (best_a < 0)
			return;
		renewed_by[best_a] = best_b;
		renews[best_b] = best_a;
	}
}

/* What a term and its add-ons are worth on a day. */
static int64
ValueOn(int term, int64 day)
{
	int64		value = 0;

	for (int c = 0; c < count; c++)
		if (base_of[c] == term && contracts[c].starts <= day &&
			(contracts[c].ends == DATEVAL_NOEND || day < contracts[c].ends))
			value += Units(&contracts[c].mrr);
	return value;
}

static TermOutcome
OutcomeOn(int t, int64 as_of, RenewalWindow window)
{
	const Contract *term = &contracts[t];

	if (term->ends == DATEVAL_NOEND || as_of < term->ends)
		return TERM_NOT_DUE;
	if (renewed_by[t] >= 0)
	{
		DateADT		starts = contracts[renewed_by[t]].starts;

		return starts < term->ends ? TERM_RENEWED_EARLY :
			starts == term->ends ? TERM_RENEWED : TERM_RENEWED_LATE;
	}
	return as_of <= (int64) term->ends + window.grace_days ? TERM_IN_GRACE : TERM_LAPSED;
}

static void
DrawContracts(void)
{
	static const char *const letters = "abc";
	int			days = Chance(50) ? 12 : 40;
	bool		keyed = Chance(50);
	bool		same_value = Chance(50);

	count = RandomBelow(MOST_CASE_CONTRACTS + 1);
	for (int c = 0; c < count; c++)
	{
		int			line = RandomBelow(LINES);
		int			key = RandomBelow(KEYS + 1);

		memset(&contracts[c], 0, sizeof(Contract));
		contracts[c].starts = RandomBelow(days);
		contracts[c].ends = Chance(10) ? DATEVAL_NOEND :
			contracts[c].starts + RandomBetween(1, days / 2);
		contracts[c].known_on = contracts[c].starts;
		contracts[c].line_length = line == 0 && Chance(80) ? -1 : 1;
		contracts[c].line = letters + line;
		contracts[c].key_length = keyed && key < KEYS ? 1 : -1;
		contracts[c].key = letters + key % KEYS;
		contracts[c].mrr.fixed.coefficient = Chance(10) ? 0 : same_value ? 5 : RandomBetween(1, 9);
	}
	ContractsSort(contracts, count);
	for (int c = 0; c < count; c++)
		Note("    %d: line %.*s, key %.*s, %d to %d, mrr " INT64_FORMAT "\n", c,
			 Max(contracts[c].line_length, 0), contracts[c].line,
			 Max(contracts[c].key_length, 0), contracts[c].key,
			 contracts[c].starts, contracts[c].ends, Units(&contracts[c].mrr));
}

/* The terms of a chain's customer as they are put out, one after the other. */
static void
CheckTerm(const Term *term, const Contract *copy, int64 as_of, RenewalWindow window)
{
	int			t = (int) (term->contract - copy);
	const Contract *contract = &contracts[t];
	int64		last_day;
	DateADT		returned_on = DATEVAL_NOBEGIN;
	int			index = 1;

	EXPECT(is_term[t], "%d is not a term", t);
	EXPECT((term->renewed_by == NULL ? -1 : (int) (term->renewed_by - copy)) == renewed_by[t],
		   "%d is renewed by %d, not %d", t,
		   term->renewed_by == NULL ? -1 : (int) (term->renewed_by - copy), renewed_by[t]);
	EXPECT(term->outcome == OutcomeOn(t, as_of, window), "outcome of %d is %d, not %d", t,
		   term->outcome, OutcomeOn(t, as_of, window));
	for (int before = renews[t]; before >= 0; before = renews[before])
		index++;
	EXPECT(term->term_index == index, "%d is term %d, not %d", t, term->term_index, index);

	if (renewed_by[t] >= 0)
		last_day = Min(contract->ends, contracts[renewed_by[t]].starts) - 1;
	else if (contract->ends != DATEVAL_NOEND)
		last_day = contract->ends - 1;
	else
		last_day = Max(contract->starts, as_of);
	EXPECT(Units(&term->mrr) == ValueOn(t, last_day), "%d is worth " INT64_FORMAT ", not "
		   INT64_FORMAT, t, Units(&term->mrr), ValueOn(t, last_day));
	if (renewed_by[t] >= 0)
	{
		int64		day = Max(contract->ends, contracts[renewed_by[t]].starts);

		EXPECT(Units(&term->next_mrr) == ValueOn(renewed_by[t], day), "after %d it is "
			   INT64_FORMAT ", not " INT64_FORMAT, t, Units(&term->next_mrr),
			   ValueOn(renewed_by[t], day));
	}

	/* the first chain that begins after a lapse */
	for (int c = 0; c < count && term->outcome == TERM_LAPSED; c++)
		if (is_term[c] && renews[c] < 0 && SameLine(c, t) &&
			contracts[c].starts >= contract->ends &&
			(returned_on == DATEVAL_NOBEGIN || contracts[c].starts < returned_on))
			returned_on = contracts[c].starts;
	EXPECT(term->returned_on == returned_on, "after %d a return on %d, not %d", t,
		   term->returned_on, returned_on);
}

void
TermsCase(void)
{
	RenewalWindow window = {RandomBelow(6), Chance(30) ? 100 : RandomBelow(8)};
	int64		as_of = RandomBelow(60);
	Contract   *copy;
	Term	   *terms;
	int			found;
	int			expected = 0;
	ChainSpell *spells;
	int			chains = 0;

	Note("as of " INT64_FORMAT ", grace %d, early %d\n", as_of, window.grace_days, window.early_days);
	DrawContracts();
	FindTerms();
	FindPairs(window);
	copy = palloc(Max(count, 1) * sizeof(Contract));
	memcpy(copy, contracts, count * sizeof(Contract));
	terms = TermsFind(copy, count, (DateADT) as_of, window, &found);
	for (int c = 0; c < count; c++)
		expected += is_term[c];
	EXPECT(found == expected, "%d terms, not %d", found, expected);
	for (int i = 0; i < found; i++)
	{
		const Term *term = &terms[i];
		int			t = (int) (term->contract - copy);
		const Term *before = i > 0 && SameLine((int) (terms[i - 1].contract - copy), t) ? &terms[i - 1] : NULL;

		CheckTerm(term, copy, as_of, window);
		/* chain after chain, by their first terms, and each from its first term on */
		if (term->term_index > 1)
			EXPECT(before != NULL && term->chain_index == before->chain_index &&
				   term->contract == before->renewed_by, "%d does not follow what it renews", t);
		else
			EXPECT(term->chain_index == (before == NULL ? 1 : before->chain_index + 1),
				   "%d begins chain %d", t, term->chain_index);
		for (int j = 0; j < i; j++)
		{
			int			other = (int) (terms[j].contract - copy);

			EXPECT(term->contract != terms[j].contract, "%d twice", t);
			if (term->term_index == 1 && terms[j].term_index == 1 && SameLine(t, other))
				EXPECT(contracts[other].starts <= contracts[t].starts, "%d's chain after %d's",
					   t, other);
		}
	}

	spells = palloc(Max(found, 1) * sizeof(ChainSpell));
	for (int i = 0; i < found; i++)
		chains += terms[i].term_index == 1;
	EXPECT(TermsSpells(terms, found, spells) == chains, "not %d chains", chains);
	for (int i = 0, chain = -1; i < found; i++)
	{
		bool		open = false;
		int			decided = 0;

		if (terms[i].term_index > 1)
			continue;
		chain++;
		for (int j = i; j < found && (j == i || terms[j].term_index > 1); j++)
		{
			open |= !TermDecided(terms[j].outcome);
			decided += !open;
		}
		EXPECT(spells[chain].terms == decided && spells[chain].lapsed == !open,
			   "chain %d: %d terms, not %d", chain, spells[chain].terms, decided);
	}
}
