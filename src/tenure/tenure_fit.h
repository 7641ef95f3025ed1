/*
 * tenure_fit.h
 *		How many times a contract is renewed: the shifted beta-geometric model. No
 *		SQL here.
 *
 * A holder lapses at each end of a term with its own chance p, Beta(a, b) over all.
 */
#ifndef REVOPS_TENURE_FIT_H
#define REVOPS_TENURE_FIT_H

typedef struct TenureParameters
{
	double		a;
	double		b;
} TenureParameters;

/* Holders with the same history, in whole terms. */
typedef struct TenureRow
{
	double		count;
	double		entry;			/* terms before they were watched */
	double		terms;
	bool		lapsed;			/* at the end of the last term, else censored */
} TenureRow;

typedef struct TenureFit
{
	TenureParameters parameters;
	double		log_likelihood;
	double		penalised;
	bool		found;
} TenureFit;

extern TenureFit TenureLearn(const TenureRow *rows, int count, double prior_weight);
extern double TenureRate(const TenureParameters *model, double terms_done);
extern double TenureStays(const TenureParameters *model, double terms_done, double terms);

#endif							/* REVOPS_TENURE_FIT_H */
