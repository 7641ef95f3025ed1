/*
 * benchmark_peers.c
 *		A value against its peers: see benchmark_peers.h.
 *
 * Each row of a group is compared with all others, so the group is sorted once,
 * and what a row's own value takes away is never subtracted: sums are kept of
 * what lies before and what lies after. Subtracting would lose the small peers
 * of a large one.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "base/distribution.h"
#include "benchmark/benchmark_peers.h"

/* The one order: by value, then weight. */
int
ComparePeers(const Peer *left, const Peer *right)
{
	if (left->value != right->value)
		return left->value < right->value ? -1 : 1;
	return (left->weight > right->weight) - (left->weight < right->weight);
}

#define ST_SORT SortAllPeers
#define ST_ELEMENT_TYPE Peer
#define ST_COMPARE(a, b) ComparePeers(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Sorts peers and counts equal ones together; returns how many different there are.
 */
int64
SortPeers(Peer *peers, int64 count)
{
	int64		kept = 0;

	SortAllPeers(peers, count);
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (kept > 0 && ComparePeers(&peers[kept - 1], &peers[i]) == 0)
			peers[kept - 1].count += peers[i].count;
		else
			peers[kept++] = peers[i];
	}
	return kept;
}

/* A running sum that does not lose small numbers beside large ones (A. Neumaier, 1974). */
typedef struct RunningSum
{
	double		sum;
	double		lost;
} RunningSum;

static inline void
RunningAdd(RunningSum *running, double more)
{
	double		sum = running->sum + more;

	if (fabs(running->sum) >= fabs(more))
		running->lost += (running->sum - sum) + more;
	else
		running->lost += (more - sum) + running->sum;
	running->sum = sum;
}

/* Numbers are brought to this power of 2: their products and sums neither overflow nor vanish. */
#define SUM_EXPONENT	400

static int
ScaleExponent(double largest)
{
	int			exponent = 0;

	frexp(largest, &exponent);
	return exponent - SUM_EXPONENT;
}

/*
 * Prepares peers, sorted by SortPeers, for questions. points: room for as many.
 */
PeerGroup
PeerGroupMake(const Peer *peers, int64 count, PeerPoint *points)
{
	PeerGroup	group = {points, count, 0, 0, 0, 0, 0, 0, false};
	RunningSum	weights = {0, 0};
	RunningSum	products = {0, 0};
	double		largest = 0;

	for (int64 i = 0; i < count; i++)
	{
		double		weight = peers[i].weight;

		CHECK_FOR_INTERRUPTS();
		largest = Max(largest, fabs(peers[i].value));
		if (i == 0 || weight > group.heaviest)
		{
			group.second = group.heaviest;
			group.has_second = i > 0;
			group.heaviest = weight;
			group.heaviest_count = peers[i].count;
		}
		else if (weight == group.heaviest)
			group.heaviest_count += peers[i].count;
		else if (!group.has_second || weight > group.second)
		{
			group.second = weight;
			group.has_second = true;
		}
	}
	group.value_exponent = ScaleExponent(largest);
	group.weight_exponent = ScaleExponent(group.heaviest);

	for (int64 i = 0; i < count; i++)
	{
		double		weight = ldexp(peers[i].weight, -group.weight_exponent) * peers[i].count;

		CHECK_FOR_INTERRUPTS();
		points[i].value = peers[i].value;
		points[i].weight = peers[i].weight;
		points[i].before = group.total;
		points[i].weight_before = weights.sum + weights.lost;
		points[i].product_before = products.sum + products.lost;
		group.total += peers[i].count;
		RunningAdd(&weights, weight);
		RunningAdd(&products, weight * ldexp(peers[i].value, -group.value_exponent));
	}
	weights.sum = weights.lost = products.sum = products.lost = 0;
	for (int64 i = count - 1; i >= 0; i--)
	{
		double		weight = ldexp(peers[i].weight, -group.weight_exponent) * peers[i].count;

		CHECK_FOR_INTERRUPTS();
		points[i].weight_after = weights.sum + weights.lost;
		points[i].product_after = products.sum + products.lost;
		RunningAdd(&weights, weight);
		RunningAdd(&products, weight * ldexp(peers[i].value, -group.value_exponent));
	}
	return group;
}

/* The first point whose value and weight are not below these; point_count if none. */
static int64
LowerBound(const PeerGroup *group, double value, double weight)
{
	int64		low = 0;
	int64		high = group->point_count;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;
		const PeerPoint *point = &group->points[middle];

		if (point->value < value || (point->value == value && point->weight < weight))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The point of a value and weight, or -1. */
int64
PeerGroupFind(const PeerGroup *group, double value, double weight)
{
	int64		found = LowerBound(group, value, weight);

	if (found < group->point_count && group->points[found].value == value &&
		group->points[found].weight == weight)
		return found;
	return -1;
}

/* Peers whose values lie below, counting from the first point at or above it. */
static inline int64
PeersBefore(const PeerGroup *group, int64 point)
{
	return point < group->point_count ? group->points[point].before : group->total;
}

static inline int64
PeersAt(const PeerGroup *group, int64 point)
{
	return PeersBefore(group, point + 1) - PeersBefore(group, point);
}

/* The value of rank `rank`, from 0, among all but one peer of the point `taken`. */
static double
ValueOfRank(const PeerGroup *group, int64 taken, int64 rank)
{
	int64		low = 0;
	int64		high = group->point_count - 1;

	if (taken >= 0 && rank >= group->points[taken].before)
		rank++;
	if (group->point_count == group->total)
		return group->points[rank].value;
	while (low < high)
	{
		int64		middle = low + (high - low + 1) / 2;

		if (group->points[middle].before <= rank)
			low = middle;
		else
			high = middle - 1;
	}
	return group->points[low].value;
}

/*
 * A quantile as percentile_cont interpolates it; from_top counts from the other
 * end, so that negated values have negated quantiles.
 */
static double
Quantile(const PeerGroup *group, int64 taken, int64 peers, double share, bool from_top)
{
	double		place = share * (peers - 1);
	int64		rank = (int64) floor(place);
	double		part = place - rank;
	int64		first = from_top ? peers - 1 - rank : rank;
	double		value = ValueOfRank(group, taken, first);
	double		next;

	if (part == 0)
		return value;
	next = ValueOfRank(group, taken, from_top ? first - 1 : first + 1);
	if (isinf(next - value))
		return value * (1 - part) + next * part;
	return value + part * (next - value);
}

/*
 * What the others of a group say about a value. taken: the point of the peer that
 * is the value itself and left out, or -1.
 */
BenchmarkResult
BenchmarkAgainst(const PeerGroup *group, double value, int64 taken, const BenchmarkOptions *options)
{
	BenchmarkResult result = {0};
	int64		lower;
	int64		equal;
	int64		higher;
	double		weight;
	double		product;
	double		heaviest = group->heaviest;

	result.peers = group->total - (taken >= 0);
	if (result.peers < Max(1, options->min_peers))
		return result;
	result.is_known = true;

	/* weights are never below 0, nor infinite: these bound all points of the value */
	lower = PeersBefore(group, LowerBound(group, value, 0));
	higher = group->total - PeersBefore(group, LowerBound(group, value, INFINITY));
	equal = group->total - lower - higher - (taken >= 0);
	result.place = 1 + (options->low_is_best ? lower : higher);
	result.percentile = ((options->low_is_best ? higher : lower) + equal / 2.0) / result.peers;

	result.median = Quantile(group, taken, result.peers, 0.5, false);
	result.p25 = Quantile(group, taken, result.peers, 0.25, false);
	result.p75 = Quantile(group, taken, result.peers, 0.75, false);
	result.peak = Quantile(group, taken, result.peers, options->peak, options->low_is_best);

	if (taken < 0)
	{
		const PeerPoint *last = &group->points[group->point_count - 1];
		double		last_weight = ldexp(last->weight, -group->weight_exponent) *
			PeersAt(group, group->point_count - 1);

		weight = last->weight_before + last_weight;
		product = last->product_before + last_weight * ldexp(last->value, -group->value_exponent);
	}
	else
	{
		const PeerPoint *own = &group->points[taken];
		double		twins = ldexp(own->weight, -group->weight_exponent) * (PeersAt(group, taken) - 1);

		weight = own->weight_before + twins + own->weight_after;
		product = own->product_before + twins * ldexp(own->value, -group->value_exponent) +
			own->product_after;
		if (own->weight == group->heaviest && group->heaviest_count == 1)
			heaviest = group->second;
	}
	result.has_weight = weight > 0;
	if (result.has_weight)
	{
		result.mean = ldexp(product / weight, group->value_exponent);
		result.mean = Max(result.mean, ValueOfRank(group, taken, 0));
		result.mean = Min(result.mean, ValueOfRank(group, taken, result.peers - 1));
		result.largest_share = ldexp(heaviest, -group->weight_exponent) / weight;
	}
	return result;
}

/* Sums over the values of one side: how many of the other side lie below each, ties as halves. */
typedef struct Placements
{
	double		count;
	double		mean;
	double		squares;		/* of differences from the mean */
} Placements;

/*
 * One pass over both sides in the order of values. Weights say nothing here. Means
 * and squares are updated as B. P. Welford did (1962): placements of millions of
 * values would lose digits in a sum of squares.
 */
static Placements
PlacementsOf(const Peer *values, int64 count, const Peer *others, int64 other_count)
{
	Placements	placements = {0, 0, 0};
	int64		other = 0;
	int64		below = 0;

	for (int64 i = 0; i < count;)
	{
		double		value = values[i].value;
		int64		equal = 0;
		double		weight = 0;
		double		placement;
		double		difference;

		CHECK_FOR_INTERRUPTS();
		for (; i < count && values[i].value == value; i++)
			weight += values[i].count;
		for (; other < other_count && others[other].value < value; other++)
			below += others[other].count;
		for (; other < other_count && others[other].value == value; other++)
			equal += others[other].count;
		placement = below + equal / 2.0;
		below += equal;
		difference = placement - placements.mean;
		placements.count += weight;
		placements.mean += difference * (weight / placements.count);
		placements.squares += weight * difference * (placement - placements.mean);
	}
	return placements;
}

/*
 * E. Brunner and U. Munzel, "The nonparametric Behrens-Fisher problem", 2000:
 * P(ours > theirs) + P(equal) / 2, its interval and the chance of one so far
 * from 1/2. Both sides sorted by SortPeers. Without variance, or with fewer than
 * 2 values on a side, there is no interval. Bounds stay within 0..1.
 */
VersusResult
BenchmarkVersus(const Peer *ours, int64 our_count, const Peer *theirs, int64 their_count,
				double confidence)
{
	VersusResult result = {0};
	Placements	our_places;
	Placements	their_places;
	double		our_part;
	double		their_part;
	double		freedom;
	double		error;
	double		reach;

	if (our_count == 0 || their_count == 0)
		return result;
	our_places = PlacementsOf(ours, our_count, theirs, their_count);
	their_places = PlacementsOf(theirs, their_count, ours, our_count);
	result.has_probability = true;
	result.probability = our_places.mean / their_places.count;
	if (our_places.count < 2 || their_places.count < 2)
		return result;

	our_part = our_places.squares / (our_places.count - 1) / their_places.count;
	their_part = their_places.squares / (their_places.count - 1) / our_places.count;
	if (!(our_part + their_part > 0))
		return result;
	error = sqrt((our_part + their_part) / our_places.count / their_places.count);
	freedom = (our_part + their_part) * (our_part + their_part) /
		(our_part * our_part / (our_places.count - 1) +
		 their_part * their_part / (their_places.count - 1));
	reach = StudentQuantileAbove((1 - confidence) / 2, freedom) * error;
	result.has_interval = true;
	result.low = Max(0.0, result.probability - reach);
	result.high = Min(1.0, result.probability + reach);
	result.p_value = 2 * StudentAbove(fabs(result.probability - 0.5) / error, freedom);
	return result;
}
