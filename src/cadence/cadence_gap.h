/*
 * cadence_gap.h
 *		The rhythm of one account: how long a gap between two orders lasts. No
 *		SQL here.
 *
 * Gaps are Erlang(k, rate), rate is Gamma(r, alpha), and after every order, the
 * first too, the account leaves for good with a chance that is Beta(a, b).
 */
#ifndef REVOPS_CADENCE_GAP_H
#define REVOPS_CADENCE_GAP_H

#define CADENCE_REGULARITY	8	/* most */

typedef struct CadenceParameters
{
	int			regularity;		/* k, 1 to CADENCE_REGULARITY */
	double		r;
	double		alpha;			/* in the unit of time */
	double		a;
	double		b;
} CadenceParameters;

/* What is known of an account; times in days, or weighted days. */
typedef struct CadenceHistory
{
	double		gaps;			/* order days less one */
	double		span;			/* first to last order day */
	double		silence;		/* last order day to the day of the question */
} CadenceHistory;

extern double CadenceSilence(const CadenceParameters *model, const CadenceHistory *history,
							 double silence);
extern double CadenceGapQuantile(const CadenceParameters *model, const CadenceHistory *history,
								 double chance, double precision);

#endif							/* REVOPS_CADENCE_GAP_H */
