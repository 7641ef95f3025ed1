/*
 * spend_fit.h
 *		What an order day of an account brings. No SQL here.
 */
#ifndef REVOPS_SPEND_FIT_H
#define REVOPS_SPEND_FIT_H

/* One account. Only its days with a positive amount say how much a day brings. */
typedef struct SpendRow
{
	double		days;			/* order days */
	double		positive_days;
	double		log_mean;		/* of the amounts of positive days; 0 for none */
	double		log_spread;		/* sum of squares around it */
	double		mean;			/* of the amounts themselves */
	double		net;			/* total, credit notes taken off */
} SpendRow;

typedef enum SpendMethod
{
	SPEND_LOG,
	SPEND_GAMMA_GAMMA
} SpendMethod;

typedef enum SpendStatus
{
	SPEND_OK,
	SPEND_FEW,
	SPEND_EQUAL,
	SPEND_NO_REVENUE,
	SPEND_INFINITE_MEAN,
	SPEND_STOPPED
} SpendStatus;

/* What an account's forecast needs. */
typedef struct SpendParameters
{
	SpendMethod method;
	SpendStatus status;
	/* log: NaN stands for what cannot be said */
	double		log_mean;		/* mu */
	double		within;
	double		between;
	double		credibility;	/* kappa; infinite: the account's own days say nothing */
	double		smear;
	/* gamma_gamma */
	double		p;
	double		q;
	double		v;
} SpendParameters;

typedef struct SpendFit
{
	SpendParameters parameters;
	double		accounts;		/* with an order day */
	double		order_days;
	double		frequency_correlation;	/* NaN where there is none */
} SpendFit;

extern SpendFit SpendLearn(const SpendRow *rows, int count, SpendMethod method);
extern double SpendExpect(const SpendParameters *model, double positive_days, double log_mean,
						  double mean);
extern double RankCorrelation(const double *left, const double *right, int count);

#endif							/* REVOPS_SPEND_FIT_H */
