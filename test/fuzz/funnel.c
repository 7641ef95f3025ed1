/*
 * funnel.c
 *		Level, winning chain and outcome, against a search through all chains; mode
 *		reached, against attempts taken one after the other.
 *
 * Windows end where a table says, so that later ones can end earlier, as windows
 * of months do.
 */
#include "fuzz.h"

#include "funnel/funnel_match.h"

#define MOST_CASE_ROWS	7
#define MOST_CASE_STEPS	5
#define TIMES			10

static int64 window_length[TIMES + 1];

/* In place of the calendar. */
int64
FunnelWindowEnd(const FunnelWindow *window, int64 at)
{
	if (!window->limited)
		return FUNNEL_TIME_NO_END;
	return at + window_length[at];
}

typedef struct Row
{
	int64		at;
	uint64		steps;
	bool		lost;
} Row;

static FunnelSpec spec;
static int	rows;
static Row	row[MOST_CASE_ROWS];
static int64 known_until;

/* A chain, and the best one so far. */
typedef struct Chain
{
	int			level;
	int64		start_at;
	int64		end_at;
	int			row[MOST_CASE_STEPS];
	int64		at[MOST_CASE_STEPS];
	uint8		step[MOST_CASE_STEPS];
} Chain;

static Chain best;

static bool
Has(int r, int step)
{
	return row[r].steps >> step & 1;
}

/* Can a window start here? */
static bool
Starts(int r)
{
	return spec.mode == FUNNEL_ANY_ORDER || spec.mode == FUNNEL_REACHED ?
		row[r].steps != 0 : Has(r, 0);
}

/* Longer; then its last step earlier, then its first, then those between. */
static bool
IsBetter(const Chain *chain)
{
	if (chain->level != best.level)
		return chain->level > best.level;
	if (chain->at[chain->level - 1] != best.at[chain->level - 1])
		return chain->at[chain->level - 1] < best.at[chain->level - 1];
	for (int i = 0; i < chain->level; i++)
		if (chain->at[i] != best.at[i])
			return chain->at[i] < best.at[i];
	return false;
}

static bool
Contains(const Chain *chain, int r)
{
	for (int i = 0; i < chain->level; i++)
		if (chain->row[i] == r)
			return true;
	return false;
}

/* Are the chain's rows neighbours, in the order of rows that suits it best? */
static bool
IsUnbroken(const Chain *chain)
{
	for (int r = 0; r < rows; r++)
		if (row[r].at > chain->at[0] && row[r].at < chain->at[chain->level - 1] &&
			!Contains(chain, r))
			return false;
	return true;
}

/* Every chain that goes on from this one. */
static void
Extend(Chain *chain)
{
	int			k = chain->level;

	if (k > 0 && (spec.mode != FUNNEL_CONSECUTIVE || IsUnbroken(chain)) && IsBetter(chain))
		best = *chain;
	if (k == spec.steps)
		return;
	for (int r = 0; r < rows; r++)
	{
		if (!Has(r, k))
			continue;
		if (k > 0)
		{
			if (row[r].at < chain->at[k - 1] || row[r].at > chain->end_at)
				continue;
			if ((spec.mode == FUNNEL_INCREASING || spec.mode == FUNNEL_INCREASING_ONCE) &&
				row[r].at == chain->at[k - 1])
				continue;
			if ((spec.mode == FUNNEL_ONCE || spec.mode == FUNNEL_INCREASING_ONCE ||
				 spec.mode == FUNNEL_CONSECUTIVE) && Contains(chain, r))
				continue;
		}
		chain->row[k] = r;
		chain->at[k] = row[r].at;
		chain->step[k] = k;
		if (k == 0)
		{
			chain->start_at = row[r].at;
			chain->end_at = FunnelWindowEnd(&spec.window, row[r].at);
		}
		chain->level = k + 1;
		Extend(chain);
		chain->level = k;
	}
}

/* The distinct steps of each row's window, each at its first time. */
static void
SearchAnyOrder(void)
{
	for (int start = 0; start < rows; start++)
	{
		Chain		chain = {0};
		uint64		seen = 0;

		if (!Starts(start))
			continue;
		chain.start_at = row[start].at;
		chain.end_at = FunnelWindowEnd(&spec.window, row[start].at);
		for (int r = 0; r < rows; r++)
			for (int step = 0; step < spec.steps && row[r].at >= row[start].at; step++)
				if (row[r].at <= chain.end_at && Has(r, step) && !(seen >> step & 1))
				{
					seen |= UINT64CONST(1) << step;
					chain.row[chain.level] = r;
					chain.step[chain.level] = step;
					chain.at[chain.level++] = row[r].at;
				}
		if (IsBetter(&chain))
			best = chain;
	}
}

/*
 * One attempt after the other; the first of the highest level is the best. What
 * the last row of the last attempt's window is, and its end, say what became of it.
 */
static FunnelOutcome
SearchReached(void)
{
	Chain		attempt = {0};
	int			last_lost = -1;
	int			last_step = -1;

	for (;;)
	{
		bool		is_first = attempt.level == 0;
		int			start = 0;
		int			furthest = attempt.level - 1;

		/* the next row of a step that is not beyond the furthest so far */
		for (; start < rows; start++)
			if (row[start].steps != 0 &&
				(is_first || (row[start].at > attempt.end_at &&
							  (row[start].steps & ((UINT64CONST(2) << furthest) - 1)) != 0)))
				break;
		if (start == rows)
			break;
		memset(&attempt, 0, sizeof(attempt));
		attempt.start_at = row[start].at;
		attempt.end_at = FunnelWindowEnd(&spec.window, row[start].at);
		for (int step = 0; step < spec.steps; step++)
		{
			attempt.at[step] = FUNNEL_TIME_NONE;
			attempt.step[step] = step;
		}
		last_lost = last_step = -1;
		for (int r = 0; r < rows; r++)
		{
			if (row[r].at < attempt.start_at || row[r].at > attempt.end_at)
				continue;
			if (row[r].lost)
				last_lost = r;
			if (row[r].steps != 0)
				last_step = r;
			for (int step = 0; step < spec.steps; step++)
				if (Has(r, step))
					attempt.level = Max(attempt.level, step + 1);
		}
		/* a step's first row counts unless a later step has come before it */
		for (int step = 0; step < spec.steps; step++)
			for (int r = rows - 1; r >= 0; r--)
				if (Has(r, step) && row[r].at >= attempt.start_at && row[r].at <= attempt.end_at)
				{
					attempt.at[step] = row[r].at;
					for (int other = 0; other < rows; other++)
						if (row[other].steps >> step >> 1 != 0 &&
							row[other].at >= attempt.start_at && row[other].at < row[r].at)
							attempt.at[step] = FUNNEL_TIME_NONE;
				}
		if (attempt.level > best.level)
			best = attempt;
	}

	if (best.level == 0)
		return FUNNEL_NOT_ENTERED;
	if (best.level == spec.steps)
		return FUNNEL_CONVERTED;
	if (last_lost >= 0 && row[last_lost].at >= row[last_step].at)
		return FUNNEL_LOST;
	return attempt.end_at >= known_until ? FUNNEL_OPEN : FUNNEL_EXPIRED;
}

static FunnelOutcome
OutcomeOfChain(void)
{
	bool		open = false;

	if (best.level == 0)
		return FUNNEL_NOT_ENTERED;
	if (best.level == spec.steps)
		return FUNNEL_CONVERTED;
	for (int l = 0; l < rows; l++)
	{
		bool		entered_again = false;

		if (!row[l].lost || row[l].at < best.at[best.level - 1] || row[l].at > best.end_at)
			continue;
		for (int r = 0; r < rows; r++)
			entered_again |= Starts(r) && row[r].at > row[l].at;
		if (!entered_again)
			return FUNNEL_LOST;
	}
	for (int r = 0; r < rows; r++)
	{
		bool		followed = false;

		for (int l = 0; l < rows; l++)
			followed |= row[l].lost && row[l].at >= row[r].at;
		open |= Starts(r) && !followed &&
			FunnelWindowEnd(&spec.window, row[r].at) >= known_until;
	}
	return open ? FUNNEL_OPEN : FUNNEL_EXPIRED;
}

/* By time; rows of one time stay as they were drawn. */
static void
SortRows(void)
{
	for (int i = 1; i < rows; i++)
		for (int j = i; j > 0 && row[j].at < row[j - 1].at; j--)
		{
			Row			swapped = row[j];

			row[j] = row[j - 1];
			row[j - 1] = swapped;
		}
}

static void
DrawCase(void)
{
	int			density = Chance(30) ? 60 : 30;
	int			times = Chance(50) ? TIMES : 3;

	spec.mode = RandomBelow(FUNNEL_MODES);
	spec.steps = RandomBetween(2, MOST_CASE_STEPS);
	spec.window.limited = Chance(75);
	spec.window.fixed = Chance(40);
	window_length[0] = RandomBelow(TIMES);
	for (int i = 1; i <= TIMES; i++)
		window_length[i] = spec.window.fixed ? window_length[0] : RandomBelow(TIMES);
	rows = RandomBelow(MOST_CASE_ROWS + 1);
	known_until = TIMES + RandomBelow(TIMES);
	for (int r = 0; r < rows; r++)
	{
		row[r].at = RandomBelow(times);
		row[r].steps = 0;
		for (int step = 0; step < spec.steps; step++)
			if (Chance(density))
				row[r].steps |= UINT64CONST(1) << step;
		row[r].lost = Chance(15);
	}
	SortRows();
	Note("mode %d, %d steps, %s, known until " INT64_FORMAT "\n", spec.mode, spec.steps,
		 spec.window.limited ? "window" : "no window", known_until);
	for (int r = 0; r < rows; r++)
		Note("    at " INT64_FORMAT ", window " INT64_FORMAT ", steps " UINT64_FORMAT "%s\n",
			 row[r].at, window_length[row[r].at], row[r].steps, row[r].lost ? ", lost" : "");
}

/* What the algorithm says of the rows. */
static void
Compare(FunnelOutcome outcome)
{
	int64	   *at = palloc(MOST_CASE_ROWS * sizeof(int64));
	uint64	   *steps = palloc(MOST_CASE_ROWS * sizeof(uint64));
	int64	   *lost_at = palloc(MOST_CASE_ROWS * sizeof(int64));
	FunnelHistory history = {rows, at, steps, 0, lost_at};
	FunnelChain *chain = palloc(sizeof(FunnelChain));
	FunnelOutcome found;
	int64		entered;
	int			first = 0;

	for (int r = 0; r < rows; r++)
	{
		at[r] = row[r].at;
		steps[r] = row[r].steps;
		if (row[r].lost)
			lost_at[history.lost_rows++] = row[r].at;
	}
	FunnelFindChain(&spec, &history, chain);
	EXPECT(chain->level == best.level, "level %d, not %d", chain->level, best.level);
	if (best.level > 0)
		EXPECT(chain->start_at == best.start_at && chain->end_at == best.end_at,
			   "window from " INT64_FORMAT " to " INT64_FORMAT ", not " INT64_FORMAT " to "
			   INT64_FORMAT, chain->start_at, chain->end_at, best.start_at, best.end_at);
	for (int i = 0; i < best.level; i++)
	{
		EXPECT(chain->at[i] == best.at[i], "step %d at " INT64_FORMAT ", not " INT64_FORMAT,
			   i + 1, chain->at[i], best.at[i]);
		if (best.at[i] == FUNNEL_TIME_NONE)
		{
			EXPECT(chain->row[i] == -1, "a row for skipped step %d", i + 1);
			continue;
		}
		EXPECT(chain->row[i] >= 0 && chain->row[i] < rows && at[chain->row[i]] == best.at[i] &&
			   steps[chain->row[i]] >> chain->step[i] & 1, "row " INT64_FORMAT " for step %d",
			   chain->row[i], i + 1);
		for (int j = 0; j < i; j++)
		{
			EXPECT(chain->step[i] != chain->step[j], "place %d has step %d again", i,
				   chain->step[i]);
			if (spec.mode == FUNNEL_ONCE || spec.mode == FUNNEL_INCREASING_ONCE ||
				spec.mode == FUNNEL_CONSECUTIVE)
				EXPECT(chain->row[i] != chain->row[j], "row " INT64_FORMAT " fills two steps",
					   chain->row[i]);
		}
	}

	found = FunnelFindOutcome(&spec, &history, chain, known_until);
	EXPECT(found == outcome, "outcome %d, not %d", found, outcome);

	entered = FunnelEnteredRow(&spec, &history);
	while (first < rows && !Starts(first))
		first++;
	EXPECT(entered == (first < rows ? first : -1), "entered in row " INT64_FORMAT, entered);
}

void
FunnelCase(void)
{
	Chain		none = {0};

	DrawCase();
	best = none;
	if (spec.mode == FUNNEL_REACHED)
	{
		Compare(SearchReached());
		return;
	}
	if (spec.mode == FUNNEL_ANY_ORDER)
		SearchAnyOrder();
	else
		Extend(&none);
	Compare(OutcomeOfChain());
}
