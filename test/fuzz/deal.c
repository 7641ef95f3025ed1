/*
 * deal.c
 *		Deals row by row and period by period; sums of deals, all combinations.
 */
#include "fuzz.h"

#include "deal/deal_history.h"
#include "deal/forecast_luck.h"

#define MOST_ROWS	9
#define MOST_DEALS	9
#define HOUR		(USECS_PER_DAY / 24)

/* What all rows before a moment say, each field by itself. */
typedef struct Known
{
	bool		any;
	int			place;
	DealKind	kind;
	DateADT		close_on;
	bool		listed;
	int64		won_since;		/* of the present run */
} Known;

static Known
KnownBefore(const DealChange *rows, int count, const DealPlaces *places, int64 end)
{
	Known		known = {false, PLACE_NONE, DEAL_UNBORN, DATE_NONE, false, 0};

	for (int64 at = 0; at < end; at += HOUR)
	{
		int			place = PLACE_NONE;
		DateADT		close_on = DATE_UNCHANGED;

		for (int i = 0; i < count; i++)
			if (rows[i].at == at)
			{
				known.any = true;
				if (rows[i].length >= 0)
					place = Max(place, rows[i].place);
				close_on = Max(close_on, rows[i].close_on);
			}
		if (place != PLACE_NONE)
		{
			DealKind	kind = DealKindOf(places, place);

			if (kind == DEAL_WON && known.kind != DEAL_WON)
				known.won_since = at;
			known.place = place;
			known.kind = kind;
			known.listed |= kind >= DEAL_OPEN;
		}
		if (close_on != DATE_UNCHANGED)
			known.close_on = close_on;
	}
	return known;
}

static bool
Inside(const DealWindow *window, DateADT day)
{
	return !window->given || (day != DATE_NONE && day >= window->starts && day < window->ends);
}

/* The movements of a period as docs/deal.md has them, but for amounts; a set of bits. */
static int
ExpectedMoves(const Known *before, const Known *after, const DealWindow *window)
{
	bool		in0 = before->kind == DEAL_OPEN && Inside(window, before->close_on);
	bool		in1 = after->kind == DEAL_OPEN && Inside(window, after->close_on);
	bool		won = !in0 && after->kind == DEAL_WON && before->kind != DEAL_WON &&
		Inside(window, (DateADT) (after->won_since / USECS_PER_DAY));
	bool		lost = !in0 && after->kind == DEAL_LOST && !before->listed &&
		Inside(window, after->close_on);
	bool		early0 = before->close_on < window->starts;
	bool		early1 = after->close_on < window->starts;
	int			moves = 0;

	if (!in0 && (in1 || won || lost))
		moves |= 1 << (!before->listed ? MOVE_CREATED : before->kind != DEAL_OPEN ? MOVE_REOPENED :
					   early0 ? MOVE_PUSHED_IN : MOVE_PULLED_IN);
	if (in0 && !in1)
		moves |= 1 << (after->kind == DEAL_WON ? MOVE_WON : after->kind == DEAL_LOST ? MOVE_LOST :
					   after->kind == DEAL_REMOVED ? MOVE_REMOVED :
					   early1 ? MOVE_PULLED_OUT : MOVE_PUSHED_OUT);
	if (won)
		moves |= 1 << MOVE_WON;
	if (lost)
		moves |= 1 << MOVE_LOST;
	if (before->kind == DEAL_OPEN && after->kind == DEAL_OPEN && before->close_on != DATE_NONE &&
		after->close_on != DATE_NONE && before->close_on != after->close_on)
		moves |= 1 << (after->close_on > before->close_on ? MOVE_LATER : MOVE_EARLIER);
	return moves;
}

void
DealCase(void)
{
	static const char *const names[] = {"zz", "lead", "sql", "lost", "won", "signed"};
	static ZoneSpan utc = {PG_INT64_MIN, 0};
	ZoneSpans	zone = {1, 1, &utc, PG_INT64_MAX, NULL, NULL};
	DealPlaces	places = {2, 1, 2};
	int			count = RandomBelow(MOST_ROWS + 1);
	DealChange	rows[MOST_ROWS];
	DealHistory history;
	DealWindow	window = {0};
	PeriodSpan	span = {0};
	DealMovement *movements;
	DealVisit  *visits;
	int			found;
	int			next = 0;
	int			visit_count;
	int64		end = RandomBetween(1, 12) * USECS_PER_DAY;

	for (int i = 0; i < count; i++)
	{
		rows[i].at = (i == 0 ? 0 : rows[i - 1].at) + RandomBelow(40) * HOUR * RandomBelow(2);
		rows[i].place = Chance(75) ? RandomBelow(6) : PLACE_NONE;
		rows[i].stage = rows[i].place < 0 ? NULL : names[rows[i].place];
		rows[i].length = rows[i].place < 0 ? -1 : (int) strlen(names[rows[i].place]);
		rows[i].amount = NULL;
		rows[i].close_on = Chance(50) ? DATE_UNCHANGED : Chance(20) ? DATE_NONE : RandomBelow(15);
		Note("    at hour " INT64_FORMAT ": place %d, close %d\n", (int64) (rows[i].at / HOUR),
			 rows[i].place, rows[i].close_on);
	}
	if (Chance(60))
	{
		window.given = true;
		window.starts = Chance(20) ? DATEVAL_NOBEGIN : RandomBelow(10);
		window.ends = Chance(20) ? DATEVAL_NOEND : Max(window.starts, 0) + RandomBetween(1, 8);
	}
	span.grain = Chance(50) ? GRAIN_DAY : GRAIN_WEEK;
	span.from_date = RandomBelow(10);
	span.until_date = span.from_date + RandomBetween(1, 20);
	span.first = PeriodOf(span.grain, span.from_date);
	span.count = (int) (PeriodOf(span.grain, span.until_date - 1) - span.first + 1);
	Note("    window %d: %d to %d; grain %d from %d until %d\n", window.given, window.starts,
		 window.ends, span.grain, span.from_date, span.until_date);

	history.points = palloc(Max(count, 1) * sizeof(DealPoint));
	history.count = DealHistoryBuild(rows, count, &places, history.points);
	movements = palloc((Min(history.count, span.count) + 1) * MOVES_A_PERIOD * sizeof(DealMovement));
	found = DealMovements(&history, &span, &zone, &window, movements);
	for (int period = 0; period < span.count; period++)
	{
		Known		before = KnownBefore(rows, count, &places,
										 (PeriodReadingDay(&span, period - 1) + (int64) 1) * USECS_PER_DAY);
		Known		after = KnownBefore(rows, count, &places,
										(PeriodReadingDay(&span, period) + (int64) 1) * USECS_PER_DAY);
		int			expected = ExpectedMoves(&before, &after, &window);
		int			got = 0;

		for (; next < found && movements[next].period == period; next++)
			got |= 1 << movements[next].kind;
		EXPECT(got == expected, "period %d: movements %x, not %x", period, got, expected);
	}
	EXPECT(next == found, "movements outside of the span");

	visits = palloc(Max(history.count, 1) * sizeof(DealVisit));
	visit_count = DealVisits(&history, end, visits);
	for (int i = 0; i < visit_count; i++)
	{
		Known		last = KnownBefore(rows, count, &places, end);
		DealEnd		how = last.kind == DEAL_WON ? END_WON : last.kind == DEAL_LOST ? END_LOST :
			last.kind == DEAL_REMOVED ? END_REMOVED : END_OPEN;

		EXPECT(visits[i].end == how, "visit %d ends %d, not %d", i, visits[i].end, how);
		EXPECT(visits[i].stay > 0 && visits[i].total >= visits[i].stay, "visit %d is longer than its deal", i);
		EXPECT(visits[i].place == 1 || visits[i].place == 2, "visit %d is of no open stage", i);
	}
}

/* Sums of deals by all combinations. */
void
LuckCase(void)
{
	LuckDeal	deals[MOST_DEALS];
	int			count = RandomBelow(MOST_DEALS + 1);
	int			most = 0;
	double	   *chance;
	double		below = 0;
	Luck		luck;

	for (int i = 0; i < count; i++)
	{
		deals[i].units = RandomBelow(Chance(50) ? 4 : 60);
		deals[i].chance = Chance(10) ? 0 : Chance(10) ? 1 : RandomBetween(1, 99) / 100.0;
		most += deals[i].units;
		Note("    " INT64_FORMAT " units, chance %g\n", deals[i].units, deals[i].chance);
	}
	chance = palloc0((most + 1) * sizeof(double));
	for (int set = 0; set < 1 << count; set++)
	{
		double		p = 1;
		int			sum = 0;

		for (int i = 0; i < count; i++)
		{
			bool		won = set >> i & 1;

			p *= won ? deals[i].chance : 1 - deals[i].chance;
			sum += won ? deals[i].units : 0;
		}
		chance[sum] += p;
	}

	LuckSort(deals, count);
	luck = LuckMake(deals, count);
	for (int sum = 0; sum <= most; sum++)
	{
		double		above = 0;
		double		p = below + chance[sum] / 2;	/* no tie */

		for (int i = most; i >= sum; i--)
			above += chance[i];
		EXPECT(fabs(LuckReach(&luck, sum) - above) < 1e-12, "chance of at least %d: %g, not %g", sum,
			   LuckReach(&luck, sum), above);
		if (chance[sum] > 1e-9)
			EXPECT(LuckQuantile(&luck, p) == sum, "quantile of %g: " INT64_FORMAT ", not %d", p,
				   LuckQuantile(&luck, p), sum);
		below += chance[sum];
	}
	EXPECT(LuckReach(&luck, most + 1) == 0, "more than all");
}
