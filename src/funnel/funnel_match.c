/*
 * funnel_match.c
 *		Level, winning chain and outcome of one entity, on plain arrays.
 *
 * Rows of one time are a group: inside it the order is free. A pass over the
 * groups keeps for each step i the latest end that the window of a chain r1..ri
 * can have; a later end can do all that an earlier one can, so the level is an
 * exact maximum, also where windows of months do not end in the order in which
 * they start. The level's group gives the winning chain its last time; the first
 * step-1 row whose window reaches it gives the first; and from there each step
 * is taken as early as it comes. That the earliest times fit together follows
 * from an exchange: of two chains with the same ends, taking for each step the
 * earlier of the two times is a chain again.
 *
 * Where a row fills one step (once, consecutive), the steps that a group can
 * give are found by bipartite matching: rows of several steps have to be shared
 * out.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "funnel/funnel_match.h"

#define STEP_BIT(i) (UINT64CONST(1) << (i))
#define IS_ONE_BIT(mask) (((mask) & ((mask) - 1)) == 0)

/*
 * A step needs at most as many rows to choose from as there are steps: the
 * others can take no more than the rest.
 */
#define MOST_TIED_ROWS (FUNNEL_MOST_STEPS * FUNNEL_MOST_STEPS)

/* Sharing out the rows of one time. */
typedef struct Matching
{
	int			steps;
	int			rows;			/* taken into account */
	int64		row[MOST_TIED_ROWS]; /* of the history */
	int			degree[FUNNEL_MOST_STEPS];
	int16		adjacent[FUNNEL_MOST_STEPS][FUNNEL_MOST_STEPS]; /* rows a step can have */
	int16		row_of[FUNNEL_MOST_STEPS];	/* -1: none yet */
	int8		step_of[MOST_TIED_ROWS]; /* -1: free */
	int			visited[MOST_TIED_ROWS];
	int			visit;
} Matching;

/* What one search carries along. */
typedef struct ChainSearch
{
	const FunnelSpec *spec;
	const FunnelHistory *history;
	Matching   *matching;		/* made when it is first needed */
	uint32		ticks;
} ChainSearch;

/* The row behind the last of the same time as row `first`. */
static inline int64
GroupEnd(const FunnelHistory *history, int64 first)
{
	int64		end = first + 1;
	int64		at = history->at[first];

	while (end < history->rows && history->at[end] == at)
		end++;
	return end;
}

/* All steps that rows of a group satisfy. */
static inline uint64
GroupSteps(const FunnelHistory *history, int64 first, int64 end)
{
	uint64		steps = 0;

	for (int64 row = first; row < end; row++)
		steps |= history->steps[row];
	return steps;
}

/* The first row of a group that satisfies a step; there is one. */
static int64
GroupRow(const FunnelHistory *history, int64 first, int step)
{
	while (!(history->steps[first] & STEP_BIT(step)))
		first++;
	return first;
}

/* A pass over a million rows must hear a cancel. ticks: how often it came here. */
#define CHECK_NOW_AND_THEN(ticks) \
	do { if ((++(ticks) & 0xFFF) == 0) CHECK_FOR_INTERRUPTS(); } while (0)

/* Reads a group's rows into the matching, nothing matched. */
static Matching *
MatchingLoad(ChainSearch *search, int64 first, int64 end)
{
	Matching   *matching = search->matching;

	if (matching == NULL)
		matching = search->matching = palloc0(sizeof(Matching));
	matching->steps = search->spec->steps;
	matching->rows = 0;
	memset(matching->degree, 0, sizeof(matching->degree));
	memset(matching->row_of, -1, sizeof(matching->row_of));
	for (int64 row = first; row < end; row++)
	{
		bool		taken = false;

		CHECK_NOW_AND_THEN(search->ticks);
		for (uint64 rest = search->history->steps[row]; rest != 0; rest &= rest - 1)
		{
			int			step = pg_rightmost_one_pos64(rest);

			if (matching->degree[step] == matching->steps)
				continue;
			if (!taken)
			{
				matching->row[matching->rows] = row;
				matching->step_of[matching->rows] = -1;
				matching->visited[matching->rows] = 0;
				matching->rows++;
				taken = true;
			}
			matching->adjacent[step][matching->degree[step]++] = matching->rows - 1;
		}
	}
	matching->visit = 0;
	return matching;
}

/* Finds a row for a step, moving other steps to other rows where need be. */
static bool
MatchingAugment(Matching *matching, int step)
{
	for (int i = 0; i < matching->degree[step]; i++)
	{
		int			row = matching->adjacent[step][i];

		if (matching->visited[row] == matching->visit)
			continue;
		matching->visited[row] = matching->visit;
		if (matching->step_of[row] < 0 || MatchingAugment(matching, matching->step_of[row]))
		{
			matching->step_of[row] = step;
			matching->row_of[step] = row;
			return true;
		}
	}
	return false;
}

static bool
MatchingAdd(Matching *matching, int step)
{
	matching->visit++;
	return MatchingAugment(matching, step);
}

/*
 * reach[i]: the last step such that the group's rows can fill the steps i to
 * reach[i], one row per step; i - 1 where not even i.
 */
static void
GroupReach(ChainSearch *search, int64 first, int64 end, int8 *reach)
{
	int			steps = search->spec->steps;
	uint64		all = GroupSteps(search->history, first, end);
	bool		simple = true;
	Matching   *matching;
	int			last = -1;

	/* rows of one step each, or a single row: nothing to share out */
	for (int64 row = first; row < end && simple; row++)
		simple = IS_ONE_BIT(search->history->steps[row]);
	if (simple || end - first == 1)
	{
		for (int i = steps - 1; i >= 0; i--)
		{
			if (!(all & STEP_BIT(i)))
				reach[i] = i - 1;
			else
				reach[i] = simple && i + 1 < steps ? reach[i + 1] : i;
		}
		return;
	}

	matching = MatchingLoad(search, first, end);
	for (int i = 0; i < steps; i++)
	{
		if (last < i - 1)
			last = i - 1;
		while (last + 1 < steps && MatchingAdd(matching, last + 1))
			last++;
		reach[i] = last;
		if (matching->row_of[i] >= 0)
		{
			matching->step_of[matching->row_of[i]] = -1;
			matching->row_of[i] = -1;
		}
	}
}

/* Gives the steps from..to of the chain rows of one group, one row per step. */
static void
AssignMatched(ChainSearch *search, FunnelChain *chain, int64 first, int64 end, int from, int to)
{
	Matching   *matching = MatchingLoad(search, first, end);

	for (int step = from; step <= to; step++)
	{
		bool		found PG_USED_FOR_ASSERTS_ONLY = MatchingAdd(matching, step);

		Assert(found);
	}
	for (int step = from; step <= to; step++)
	{
		chain->at[step] = search->history->at[first];
		chain->row[step] = matching->row[matching->row_of[step]];
	}
}

/*
 * The level in the modes ordered, increasing, once and increasing_once; and the
 * time at which it is first reached, the least last time of such a chain.
 */
static int
ChainLevel(ChainSearch *search, int64 *reached_at)
{
	const FunnelHistory *history = search->history;
	const FunnelWindow *window = &search->spec->window;
	FunnelMode	mode = search->spec->mode;
	int			steps = search->spec->steps;
	int			level = 0;
	int64		ends[FUNNEL_MOST_STEPS];	/* latest end of a window; none yet: before all */
	int64		end;

	for (int i = 0; i < steps; i++)
		ends[i] = FUNNEL_TIME_NONE;
	for (int64 first = 0; first < history->rows; first = end)
	{
		int64		at = history->at[first];
		uint64		found;

		CHECK_NOW_AND_THEN(search->ticks);
		end = GroupEnd(history, first);
		found = GroupSteps(history, first, end);
		if (found == 0)
			continue;

		if (mode == FUNNEL_ONCE && end - first > 1)
		{
			int8		reach[FUNNEL_MOST_STEPS];
			int64		before[FUNNEL_MOST_STEPS];

			GroupReach(search, first, end, reach);
			memcpy(before, ends, sizeof(before));
			for (int i = 0; i < steps; i++)
			{
				int64		new_end;

				if (reach[i] < i)
					continue;
				new_end = i == 0 ? FunnelWindowEnd(window, at) : before[i - 1];
				if (new_end < at)
					continue;
				for (int j = i; j <= reach[i]; j++)
					ends[j] = Max(ends[j], new_end);
				if (reach[i] >= level)
				{
					level = reach[i] + 1;
					*reached_at = at;
				}
			}
		}
		else
		{
			/*
			 * ordered: from the first step up, so that the group gives several;
			 * else one step: from the last down, so that none meets its own
			 */
			while (found != 0)
			{
				int			i = mode == FUNNEL_ORDERED ?
					pg_rightmost_one_pos64(found) : pg_leftmost_one_pos64(found);
				int64		new_end = i == 0 ? FunnelWindowEnd(window, at) : ends[i - 1];

				found &= ~STEP_BIT(i);
				if (new_end < at || new_end <= ends[i])
					continue;
				ends[i] = new_end;
				if (i >= level)
				{
					level = i + 1;
					*reached_at = at;
				}
			}
		}
		if (level == steps)
			break;
	}
	return level;
}

/*
 * The winning chain of a level that ends at last_at, in the modes of ChainLevel.
 */
static void
ChainFill(ChainSearch *search, FunnelChain *chain, int64 last_at)
{
	const FunnelHistory *history = search->history;
	FunnelMode	mode = search->spec->mode;
	int			need = 0;
	int64		first = 0;
	int64		end;

	/* the first step-1 row whose window reaches the end */
	for (;; first++)
	{
		CHECK_NOW_AND_THEN(search->ticks);
		if (history->steps[first] & 1)
		{
			chain->start_at = history->at[first];
			chain->end_at = FunnelWindowEnd(&search->spec->window, chain->start_at);
			if (chain->end_at >= last_at)
				break;
		}
	}
	while (first > 0 && history->at[first - 1] == history->at[first])
		first--;
	for (; need < chain->level; first = end)
	{
		uint64		found;

		CHECK_NOW_AND_THEN(search->ticks);
		end = GroupEnd(history, first);
		found = GroupSteps(history, first, end);
		if (!(found & STEP_BIT(need)))
			continue;
		if (mode == FUNNEL_ONCE && end - first > 1)
		{
			int8		reach[FUNNEL_MOST_STEPS];
			int			last;

			GroupReach(search, first, end, reach);
			last = Min(reach[need], chain->level - 1);
			AssignMatched(search, chain, first, end, need, last);
			need = last + 1;
			continue;
		}
		do
		{
			chain->at[need] = history->at[first];
			chain->row[need] = GroupRow(history, first, need);
			need++;
		} while (mode == FUNNEL_ORDERED && need < chain->level && (found & STEP_BIT(need)));
	}
}

/*
 * The level in mode consecutive, into chain; the first row of the group in which it
 * is first reached.
 */
static int64
ConsecutiveLevel(ChainSearch *search, FunnelChain *chain)
{
	const FunnelHistory *history = search->history;
	int			steps = search->spec->steps;
	int64		ends[FUNNEL_MOST_STEPS];	/* of chains whose last row is the last so far */
	int64		last_first = 0;
	int64		end;

	for (int i = 0; i < steps; i++)
		ends[i] = FUNNEL_TIME_NONE;
	for (int64 first = 0; first < history->rows && chain->level < steps; first = end)
	{
		int64		at = history->at[first];
		int64		size;
		int64		start_end = FUNNEL_TIME_NONE;
		int64		before[FUNNEL_MOST_STEPS];
		int8		now[FUNNEL_MOST_STEPS];

		CHECK_NOW_AND_THEN(search->ticks);
		end = GroupEnd(history, first);
		size = end - first;
		GroupReach(search, first, end, now);
		memcpy(before, ends, sizeof(before));
		for (int i = 0; i < steps; i++)
			ends[i] = FUNNEL_TIME_NONE;
		if (now[0] >= 0)
			start_end = FunnelWindowEnd(&search->spec->window, at);
		for (int i = 0; i < steps; i++)
		{
			int64		from = i == 0 ? start_end : before[i - 1];

			if (now[i] < i || from < at)
				continue;
			if (now[i] >= chain->level)
			{
				chain->level = now[i] + 1;
				last_first = first;
			}
			if (i == 0)
				for (int j = 0; j <= now[0]; j++)
					ends[j] = Max(ends[j], start_end);
			else if (now[i] >= i + size - 1)
				ends[i + size - 1] = Max(ends[i + size - 1], from);
		}
	}
	return last_first;
}

/* The groups that can be part of a chain of mode consecutive; 0 is the last. */
typedef struct ChainGroups
{
	int			count;
	int64		first[FUNNEL_MOST_STEPS];
	int64		end[FUNNEL_MOST_STEPS];
	int8		(*reach)[FUNNEL_MOST_STEPS];
} ChainGroups;

/* The group of a row, and those before: at most `level` in all. */
static ChainGroups
ChainGroupsUpTo(ChainSearch *search, int64 row, int level)
{
	const FunnelHistory *history = search->history;
	ChainGroups groups;

	groups.count = 0;
	for (int64 first = row;; first--)
	{
		while (first > 0 && history->at[first - 1] == history->at[first])
			first--;
		groups.end[groups.count] = GroupEnd(history, first);
		groups.first[groups.count++] = first;
		if (first == 0 || groups.count == level)
			break;
	}
	groups.reach = palloc(groups.count * sizeof(*groups.reach));
	for (int g = 0; g < groups.count; g++)
		GroupReach(search, groups.first[g], groups.end[g], groups.reach[g]);
	return groups;
}

/*
 * How many steps group g gives to a chain of the level that starts there and ends in
 * group 0; 0 where there is none.
 */
static int
StepsOfFirstGroup(const ChainGroups *groups, int g, int level)
{
	int			most = Min(groups->reach[g][0] + 1, level);

	if (g == 0)
		return most == level ? level : 0;
	/* the more the first group gives, the earlier all that follow */
	for (int given = Min(most, level - 1); given > 0; given--)
	{
		int			have = given;
		int			between;

		for (between = g - 1; between > 0; between--)
		{
			int64		size = groups->end[between] - groups->first[between];

			if (have + size >= level || groups->reach[between][have] < have + size - 1)
				break;
			have += size;
		}
		if (between == 0 && groups->reach[0][have] >= level - 1)
			return given;
	}
	return 0;
}

/*
 * The winning chain in mode consecutive. A chain takes the last rows of its
 * first group, every row of the groups between, the first rows of its last.
 */
static void
FindConsecutive(ChainSearch *search, FunnelChain *chain)
{
	const FunnelHistory *history = search->history;
	int64		last_first = ConsecutiveLevel(search, chain);
	ChainGroups groups;

	if (chain->level == 0)
		return;
	groups = ChainGroupsUpTo(search, last_first, chain->level);
	for (int g = groups.count - 1; g >= 0; g--)
	{
		int			given;
		int			have = 0;

		chain->start_at = history->at[groups.first[g]];
		chain->end_at = FunnelWindowEnd(&search->spec->window, chain->start_at);
		if (groups.reach[g][0] < 0 || chain->end_at < history->at[last_first])
			continue;
		given = StepsOfFirstGroup(&groups, g, chain->level);
		if (given == 0)
			continue;
		for (int h = g; h >= 0; h--)
		{
			int			count = h == g ? given :
				h == 0 ? chain->level - have : (int) (groups.end[h] - groups.first[h]);

			AssignMatched(search, chain, groups.first[h], groups.end[h], have, have + count - 1);
			have += count;
		}
		break;
	}
	pfree(groups.reach);
}

/*
 * The winning chain in mode any_order: from the last group back, the next time
 * of each step is known, and so are the steps that a window sees.
 */
static void
FindAnyOrder(ChainSearch *search, FunnelChain *chain)
{
	const FunnelHistory *history = search->history;
	int			steps = search->spec->steps;
	int64		next[FUNNEL_MOST_STEPS];
	int64		last_at = 0;
	int64		first;
	int64		row;

	for (int i = 0; i < steps; i++)
		next[i] = FUNNEL_TIME_NO_END;
	for (int64 end = history->rows; end > 0; end = first)
	{
		int64		at = history->at[end - 1];
		uint64		found;
		int64		window_end;
		int64		last = at;
		int			count = 0;

		first = end - 1;
		CHECK_NOW_AND_THEN(search->ticks);
		while (first > 0 && history->at[first - 1] == at)
			first--;
		found = GroupSteps(history, first, end);
		if (found == 0)
			continue;
		for (; found != 0; found &= found - 1)
			next[pg_rightmost_one_pos64(found)] = at;
		window_end = FunnelWindowEnd(&search->spec->window, at);
		for (int i = 0; i < steps; i++)
			if (next[i] <= window_end && next[i] != FUNNEL_TIME_NO_END)
			{
				count++;
				last = Max(last, next[i]);
			}
		/* of equal ones this one starts earlier */
		if (count > chain->level || (count == chain->level && last <= last_at))
		{
			chain->level = count;
			chain->start_at = at;
			chain->end_at = window_end;
			last_at = last;
		}
	}
	if (chain->level == 0)
		return;

	/* each step as soon as the window shows it */
	for (row = 0; history->at[row] < chain->start_at; row++)
		CHECK_NOW_AND_THEN(search->ticks);
	{
		uint64		missing = ~UINT64CONST(0);
		int			found = 0;

		for (; found < chain->level; row = first)
		{
			uint64		now;

			CHECK_NOW_AND_THEN(search->ticks);
			first = GroupEnd(history, row);
			now = GroupSteps(history, row, first) & missing;
			missing &= ~now;
			for (; now != 0; now &= now - 1)
			{
				int			step = pg_rightmost_one_pos64(now);

				chain->at[found] = history->at[row];
				chain->row[found] = GroupRow(history, row, step);
				chain->step[found] = step;
				found++;
			}
		}
	}
}

/* Steps up to this one. */
static inline uint64
StepsUpTo(int step)
{
	return (STEP_BIT(step) << 1) - 1;
}

/* A stretch of rows in mode reached. */
typedef struct Attempt
{
	int64		first;			/* row with which it starts */
	int64		end_at;			/* of its window, inclusive */
	int64		last_at;		/* of its last row of a step */
	int			furthest;		/* step */
} Attempt;

/*
 * Reads the attempt that starts with a row; returns the first row behind it.
 * chain: gets the times, or NULL. A step's time is its first row's, unless a later
 * step came before it: then it was skipped, and its row is a way back.
 */
static int64
ReadAttempt(ChainSearch *search, int64 first, Attempt *attempt, FunnelChain *chain)
{
	const FunnelHistory *history = search->history;
	int64		end;

	attempt->first = first;
	attempt->end_at = FunnelWindowEnd(&search->spec->window, history->at[first]);
	attempt->furthest = -1;
	for (; first < history->rows && history->at[first] <= attempt->end_at; first = end)
	{
		uint64		found;

		CHECK_NOW_AND_THEN(search->ticks);
		end = GroupEnd(history, first);
		found = GroupSteps(history, first, end);
		if (found == 0)
			continue;
		attempt->last_at = history->at[first];
		if (attempt->furthest >= 0)
			found &= ~StepsUpTo(attempt->furthest);
		for (; found != 0; found &= found - 1)
		{
			attempt->furthest = pg_rightmost_one_pos64(found);
			if (chain == NULL)
				continue;
			chain->at[attempt->furthest] = history->at[first];
			chain->row[attempt->furthest] = GroupRow(history, first, attempt->furthest);
		}
	}
	return first;
}

/*
 * The best attempt in mode reached, of several the first; and how the last one
 * ends. An attempt starts with a row of a step that the attempt before has
 * reached: a row that only goes on from there comes too late.
 */
static void
FindReached(ChainSearch *search, FunnelChain *chain)
{
	const FunnelHistory *history = search->history;
	int			steps = search->spec->steps;
	uint64		starts = StepsUpTo(steps - 1);	/* steps that start the next attempt */
	Attempt		attempt;
	Attempt		best = {0};
	int64		end;

	for (int64 first = 0; first < history->rows && chain->level < steps; first = end)
	{
		CHECK_NOW_AND_THEN(search->ticks);
		end = GroupEnd(history, first);
		if (!(GroupSteps(history, first, end) & starts))
			continue;
		end = ReadAttempt(search, first, &attempt, NULL);
		starts = StepsUpTo(attempt.furthest);
		chain->last_at = attempt.last_at;
		chain->last_end_at = attempt.end_at;
		if (attempt.furthest >= chain->level)
		{
			chain->level = attempt.furthest + 1;
			best = attempt;
		}
	}
	if (chain->level == 0)
		return;
	for (int i = 0; i < steps; i++)
	{
		chain->at[i] = FUNNEL_TIME_NONE;
		chain->row[i] = -1;
	}
	chain->start_at = history->at[best.first];
	chain->end_at = best.end_at;
	ReadAttempt(search, best.first, &best, chain);
}

/*
 * The winning chain of an entity. history: rows up to what is known, sorted by
 * time.
 */
void
FunnelFindChain(const FunnelSpec *spec, const FunnelHistory *history, FunnelChain *chain)
{
	ChainSearch search = {spec, history, NULL, 0};
	int64		last_at = 0;

	chain->level = 0;
	for (int i = 0; i < spec->steps; i++)
		chain->step[i] = i;
	switch (spec->mode)
	{
		case FUNNEL_CONSECUTIVE:
			FindConsecutive(&search, chain);
			break;
		case FUNNEL_ANY_ORDER:
			FindAnyOrder(&search, chain);
			break;
		case FUNNEL_REACHED:
			FindReached(&search, chain);
			break;
		default:
			chain->level = ChainLevel(&search, &last_at);
			if (chain->level > 0)
				ChainFill(&search, chain, last_at);
			break;
	}
	if (search.matching != NULL)
		pfree(search.matching);
}

/* Can a row start a window? In any_order and reached every step's can. */
static inline bool
StartsWindow(const FunnelSpec *spec, uint64 steps)
{
	if (spec->mode == FUNNEL_ANY_ORDER || spec->mode == FUNNEL_REACHED)
		return steps != 0;
	return (steps & 1) != 0;
}

/* The first row that can start a window, -1 for none. */
int64
FunnelEnteredRow(const FunnelSpec *spec, const FunnelHistory *history)
{
	uint32		ticks = 0;

	for (int64 row = 0; row < history->rows; row++)
	{
		CHECK_NOW_AND_THEN(ticks);
		if (StartsWindow(spec, history->steps[row]))
			return row;
	}
	return -1;
}

/* The first of the lost rows at a time or after it; how many there are for none. */
static int64
FirstLost(const FunnelHistory *history, int64 at)
{
	int64		low = 0;
	int64		high = history->lost_rows;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (history->lost_at[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * What became of an entity. known_until: the first microsecond that is not
 * known. Of rows of one time, a lost one is the last.
 */
FunnelOutcome
FunnelFindOutcome(const FunnelSpec *spec, const FunnelHistory *history, const FunnelChain *chain,
				  int64 known_until)
{
	int64		last_lost = FUNNEL_TIME_NONE;
	int64		window_end;
	int64		from;
	int64		lost;
	uint32		ticks = 0;

	if (chain->level == 0)
		return FUNNEL_NOT_ENTERED;
	if (chain->level == spec->steps)
		return FUNNEL_CONVERTED;

	if (spec->mode == FUNNEL_REACHED)
	{
		/* the last word of the last attempt */
		from = chain->last_at;
		window_end = chain->last_end_at;
	}
	else
	{
		from = chain->at[chain->level - 1];
		window_end = chain->end_at;
		for (int64 row = history->lost_rows > 0 ? history->rows - 1 : -1; row >= 0; row--)
		{
			CHECK_NOW_AND_THEN(ticks);
			if (StartsWindow(spec, history->steps[row]))
			{
				from = Max(from, history->at[row]);
				break;
			}
		}
	}
	lost = FirstLost(history, from);
	if (lost < history->lost_rows && history->lost_at[lost] <= window_end)
		return FUNNEL_LOST;

	if (spec->mode == FUNNEL_REACHED)
		return window_end >= known_until ? FUNNEL_OPEN : FUNNEL_EXPIRED;
	if (history->lost_rows > 0)
		last_lost = history->lost_at[history->lost_rows - 1];
	for (int64 row = history->rows - 1; row >= 0 && history->at[row] > last_lost; row--)
	{
		CHECK_NOW_AND_THEN(ticks);
		if (!StartsWindow(spec, history->steps[row]))
			continue;
		if (FunnelWindowEnd(&spec->window, history->at[row]) >= known_until)
			return FUNNEL_OPEN;
		if (spec->window.fixed)
			break;				/* earlier ones end earlier */
	}
	return FUNNEL_EXPIRED;
}
