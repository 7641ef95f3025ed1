/*
 * contract_pairing.c
 *		Which term renews which, inside one line, in n log n.
 *
 * The rule: (i, j) is a pair where j starts later than i and ends(i) - early_days <=
 * starts(j) <= ends(i) + grace_days. All pairs are sorted by |starts(j) - ends(i)|, then
 * those of one contract_key first, then by the rank of i, then by the rank of j; and
 * taken from the front: a pair counts unless i is renewed or j renews already.
 *
 * There can be n * n pairs, and few of them matter. Put the ends and the starts
 * that are still free on one line of days. The next pair that the rule takes is the
 * first of those between a free end and a free start. No free point lies strictly
 * between the two:
 *
 * - Let the start s(j) lie before the end e(i), and a point between them. If it is an
 *   end e(k), then k ends before i, so it starts before i (no term contains
 *   another) and before j: (k, j) is a pair, with a smaller gap. If it is a start
 *   s(l), then l starts after j and so after i: (i, l) is a pair, with a smaller gap.
 * - Let e(i) lie before s(j). If an end e(k) lies between, k starts before it ends, so
 *   before j: (k, j) is a pair with a smaller gap. If a start s(l) does, it lies behind
 *   e(i) and so behind s(i): (i, l) is one.
 *
 * In the same way, a start on the day of e(i) or an end on the day of s(j) would make a
 * pair with gap 0. So the next pair stands side by side on the line, but for
 * points of the same kind on the same day: ends never share one, of starts an open-ended
 * term can share its day with another. A heap holds all pairs that stand so; the
 * smallest whose points are both free is the next one. Once it is taken its points leave
 * the line, and what stands side by side then goes into the heap: at most
 * two days' neighbours a pair taken, so all work is in n log n.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "contract/contract_pairing.h"

/* An end or a start on the line of days. */
typedef struct Point
{
	int32		day;
	int32		term;
	int32		before;			/* the neighbours that are free, -1 for none */
	int32		behind;
	bool		is_start;
	bool		taken;
} Point;

/* A pair with all that decides when it is taken, so that the heap looks nowhere else. */
typedef struct Pair
{
	uint64		order;			/* gap, whether the keys differ, rank of the end's term */
	int32		start_rank;
	int32		end;			/* points */
	int32		start;
} Pair;

typedef struct Pairing
{
	const PairingTerm *terms;
	Point	   *points;
	int			grace_days;
	int			early_days;
	Pair	   *heap;
	Size		pairs;
	Size		room;
} Pairing;

/* Whether the rule takes `left` before `right`. */
static inline bool
GoesFirst(const Pair *left, const Pair *right)
{
	if (left->order != right->order)
		return left->order < right->order;
	return left->start_rank < right->start_rank;
}

static void
HeapPut(Pairing *pairing, Pair pair)
{
	Size		at = pairing->pairs++;

	if (pairing->pairs > pairing->room)
	{
		pairing->room *= 2;
		pairing->heap = repalloc_huge(pairing->heap, pairing->room * sizeof(Pair));
	}
	while (at > 0 && GoesFirst(&pair, &pairing->heap[(at - 1) / 2]))
	{
		pairing->heap[at] = pairing->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	pairing->heap[at] = pair;
}

static Pair
HeapTake(Pairing *pairing)
{
	Pair		first = pairing->heap[0];
	Pair		last = pairing->heap[--pairing->pairs];
	Size		at = 0;

	for (Size child = 1; child < pairing->pairs; child = 2 * at + 1)
	{
		if (child + 1 < pairing->pairs &&
			GoesFirst(&pairing->heap[child + 1], &pairing->heap[child]))
			child++;
		if (!GoesFirst(&pairing->heap[child], &last))
			break;
		pairing->heap[at] = pairing->heap[child];
		at = child;
	}
	pairing->heap[at] = last;
	return first;
}

/* Puts two free points into the heap where they are a pair. */
static void
Offer(Pairing *pairing, int one, int other)
{
	int			end = pairing->points[one].is_start ? other : one;
	int			start = pairing->points[one].is_start ? one : other;
	const PairingTerm *earlier = &pairing->terms[pairing->points[end].term];
	const PairingTerm *later = &pairing->terms[pairing->points[start].term];
	int64		gap = (int64) later->starts - earlier->ends;
	bool		other_key;
	Pair		pair;

	if (later->starts <= earlier->starts ||
		gap > pairing->grace_days || -gap > pairing->early_days)
		return;
	other_key = earlier->key != later->key || earlier->key == PAIRING_NO_KEY;
	pair.order = (uint64) (gap < 0 ? -gap : gap) << 32 | (uint64) other_key << 31 |
		(uint32) earlier->rank;
	pair.start_rank = later->rank;
	pair.end = end;
	pair.start = start;
	HeapPut(pairing, pair);
}

/* Offers the pairs that two neighbours make, with those that share a start's day. */
static void
OfferNeighbours(Pairing *pairing, int before, int behind)
{
	const Point *points = pairing->points;

	if (before < 0 || behind < 0 || points[before].taken || points[behind].taken ||
		points[before].is_start == points[behind].is_start)
		return;
	if (points[behind].is_start)
		for (int at = behind; at >= 0 && points[at].is_start &&
			 points[at].day == points[behind].day; at = points[at].behind)
			Offer(pairing, before, at);
	else
		for (int at = before; at >= 0 && points[at].is_start &&
			 points[at].day == points[before].day; at = points[at].before)
			Offer(pairing, at, behind);
}

/* Takes a point off the line. */
static void
TakeOff(Pairing *pairing, int at)
{
	Point	   *point = &pairing->points[at];

	point->taken = true;
	if (point->before >= 0)
		pairing->points[point->before].behind = point->behind;
	if (point->behind >= 0)
		pairing->points[point->behind].before = point->before;
}

/*
 * Of each term the index of the one that renews it, or -1. terms: none inside
 * another, at most one open-ended, by start and then by end; days from 0 to
 * PG_INT32_MAX for grace_days and early_days.
 */
void
TermsPair(const PairingTerm *terms, int count, int grace_days, int early_days, int *renewed_by)
{
	Pairing		pairing = {0};
	int			points = 0;
	int			next_end = 0;

	pairing.terms = terms;
	pairing.grace_days = grace_days;
	pairing.early_days = early_days;
	pairing.points = palloc_extended(Max(count, 1) * 2 * sizeof(Point), MCXT_ALLOC_HUGE);
	pairing.room = Max(count, 1) * (Size) 2;
	pairing.heap = palloc_extended(pairing.room * sizeof(Pair), MCXT_ALLOC_HUGE);

	/* both kinds rise already; on one day ends come first */
	for (int next_start = 0; next_start < count || next_end < count;)
	{
		Point	   *point = &pairing.points[points];
		bool		is_start;
		int			term;

		CHECK_FOR_INTERRUPTS();
		if (next_end < count && terms[next_end].ends == PAIRING_OPEN)
		{
			next_end++;
			continue;
		}
		is_start = next_end == count ||
			(next_start < count && terms[next_start].starts < terms[next_end].ends);
		term = is_start ? next_start++ : next_end++;
		if (is_start)
			renewed_by[term] = -1;
		point->day = is_start ? terms[term].starts : terms[term].ends;
		point->term = term;
		point->before = points - 1;
		point->behind = points + 1;
		point->is_start = is_start;
		point->taken = false;
		points++;
	}
	if (points > 0)
		pairing.points[points - 1].behind = -1;
	for (int i = 1; i < points; i++)
	{
		CHECK_FOR_INTERRUPTS();
		OfferNeighbours(&pairing, i - 1, i);
	}

	while (pairing.pairs > 0)
	{
		Pair		pair = HeapTake(&pairing);
		Point	   *end = &pairing.points[pair.end];
		Point	   *start = &pairing.points[pair.start];

		CHECK_FOR_INTERRUPTS();
		if (end->taken || start->taken)
			continue;
		renewed_by[end->term] = start->term;
		TakeOff(&pairing, pair.end);
		TakeOff(&pairing, pair.start);
		/* side by side, the first one's neighbour is the second; else a start is between */
		OfferNeighbours(&pairing, end->before, end->behind);
		OfferNeighbours(&pairing, start->before, start->behind);
	}
	pfree(pairing.heap);
	pfree(pairing.points);
}
