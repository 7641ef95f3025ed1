/*
 * attribution_chain.h
 *		Absorbing Markov chains over the last one or two touches: what a win's chance,
 *		and its value, lose without a channel. No SQL here.
 */
#ifndef REVOPS_ATTRIBUTION_CHAIN_H
#define REVOPS_ATTRIBUTION_CHAIN_H

#define CHAIN_MOST_STATES	2048	/* 32 MB for the matrix, some seconds to invert it */
#define CHAIN_MOST_INTERVALS 64 /* channels up to which credits get an interval */

#define CHAIN_START			0	/* the state before the first touch */
#define CHAIN_NO_CHANNEL	(-1)

/* A path with its journeys, as the chain takes it. */
typedef struct ChainPath
{
	int			touches;		/* at least 1 */
	const unsigned char *channel;	/* numbers, from 0 */
	double		won;
	double		lost;
	double		open;
	double		amount;			/* of the wins */
} ChainPath;

/* What was touched last, and before that: CHAIN_NO_CHANNEL for nothing. */
typedef struct ChainState
{
	int			before;
	int			last;
} ChainState;

/*
 * The chain as counted. moves: of state s to channel c at s * (channels + 2) + c, to a
 * win at … + channels, to a loss behind it.
 */
typedef struct Chain
{
	int			order;
	int			channels;
	int			states;			/* with the start */
	ChainState *state;			/* by before, then last: the start first */
	int		   *number;			/* of the state (before + 1, last + 1), -1 for none */
	double	   *moves;
	double	   *total;			/* of a state's moves */
	double	   *amount;			/* of the wins out of a state */
} Chain;

/* What is lost without each channel; arrays of channels. */
typedef struct ChainEffects
{
	double		win;			/* chance */
	double		value;			/* what a journey brings */
	double	   *effect;			/* of the chance: win times the removal effect */
	double	   *value_effect;
	double	   *variance;		/* of each channel's part of all effects; NULL where not asked */
} ChainEffects;

extern bool ChainBuild(Chain *chain, int order, int channels, const ChainPath *paths, int count);
extern ChainEffects ChainSolve(const Chain *chain, const ChainPath *paths, int count,
							   bool with_variance, double all_won, double touched_won);

static inline int
ChainNumber(const Chain *chain, int before, int last)
{
	return chain->number[(before + 1) * (chain->channels + 1) + last + 1];
}

/* The state after a touch of channel c in state s. */
static inline int
ChainNext(const Chain *chain, int s, int c)
{
	return ChainNumber(chain, chain->order == 2 ? chain->state[s].last : CHAIN_NO_CHANNEL, c);
}

#endif							/* REVOPS_ATTRIBUTION_CHAIN_H */
