/*
 * cadence_fit.h
 *		The rhythm of a population: parameters learned from its histories. No SQL
 *		here.
 */
#ifndef REVOPS_CADENCE_FIT_H
#define REVOPS_CADENCE_FIT_H

#include "base/maximize.h"
#include "cadence/cadence_gap.h"

/* What is thought of leaving before data are seen: logit (a/(a+b)) and ln (a+b). */
#define LEAVE_RATE_PRIOR	{-1.3862943611198906, 1.5}	/* about one in five */
#define LEAVE_SIZE_PRIOR	{1.0986122886681098, 1}		/* about 3 */

/* Accounts with the same history. */
typedef struct CadenceRow
{
	double		count;
	double		gaps;
	double		span;
	double		silence;
} CadenceRow;

typedef struct CadenceSums
{
	double		log_gap_sum;	/* over all gaps of all accounts */
	double		prior_weight;
} CadenceSums;

typedef struct CadenceFit
{
	CadenceParameters parameters;
	double		log_likelihood;
	double		penalised;
	bool		found;			/* else the best point of too many steps */
} CadenceFit;

extern int	CadenceRowsSort(CadenceRow *rows, int count);
extern double CadenceLogLikelihood(const CadenceRow *rows, int count, double log_gap_sum,
								   const CadenceParameters *at);
extern CadenceFit CadenceLearn(const CadenceRow *rows, int count, const CadenceSums *sums,
							   int regularity);

#endif							/* REVOPS_CADENCE_FIT_H */
