/*
 * benchmark_peers.h
 *		A value against its peers, and one set of values against another. No SQL
 *		here: plain arrays, memory of the caller.
 */
#ifndef REVOPS_BENCHMARK_PEERS_H
#define REVOPS_BENCHMARK_PEERS_H

/* Peers of one value and one weight. Both finite, weight >= 0, count >= 1, no -0. */
typedef struct Peer
{
	double		value;
	double		weight;
	int64		count;
} Peer;

/* The same with what lies before and after it in the order of values. */
typedef struct PeerPoint
{
	double		value;
	double		weight;
	int64		before;			/* peers at points before this one */
	double		weight_before;	/* sums on the group's scale, see PeerGroup */
	double		weight_after;
	double		product_before; /* of weight * value */
	double		product_after;
} PeerPoint;

typedef struct PeerGroup
{
	PeerPoint  *points;			/* by value, then weight; all different */
	int64		point_count;
	int64		total;			/* peers */
	int			value_exponent; /* sums are of value * 2^-this */
	int			weight_exponent;
	double		heaviest;		/* the largest weight, of so many peers */
	int64		heaviest_count;
	double		second;			/* the largest of the others */
	bool		has_second;
} PeerGroup;

typedef struct BenchmarkOptions
{
	bool		low_is_best;
	double		peak;			/* 0..1: the quantile of the best end */
	int64		min_peers;
} BenchmarkOptions;

typedef struct BenchmarkResult
{
	int64		peers;
	bool		is_known;		/* there are enough; else only peers is set */
	bool		has_weight;		/* else mean and largest_share are not set */
	double		mean;
	double		median;
	double		p25;
	double		p75;
	double		peak;
	int64		place;
	double		percentile;
	double		largest_share;
} BenchmarkResult;

/* Brunner-Munzel: of two random values, the chance that ours is the larger. */
typedef struct VersusResult
{
	bool		has_probability;
	double		probability;
	bool		has_interval;
	double		low;
	double		high;
	double		p_value;
} VersusResult;

extern int	ComparePeers(const Peer *left, const Peer *right);
extern int64 SortPeers(Peer *peers, int64 count);
extern PeerGroup PeerGroupMake(const Peer *peers, int64 count, PeerPoint *points);
extern int64 PeerGroupFind(const PeerGroup *group, double value, double weight);
extern BenchmarkResult BenchmarkAgainst(const PeerGroup *group, double value, int64 taken,
										const BenchmarkOptions *options);
extern VersusResult BenchmarkVersus(const Peer *ours, int64 our_count,
									const Peer *theirs, int64 their_count, double confidence);

#endif							/* REVOPS_BENCHMARK_PEERS_H */
