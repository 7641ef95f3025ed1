/*
 * qualification_rule.c
 *		Is a lead valid? See qualification_rule.h.
 *
 * More yes never makes a lead worse: no weight is negative, and a sum of doubles in
 * one order never falls when a term is added. So the two ends, all that is unknown
 * as no and all as yes, speak for every way in which the unknown can turn out.
 */
#include "postgres.h"

#include <math.h>

#include "qualification/qualification_rule.h"

#define MOST_DECIMALS	9
#define LARGEST_SUM		9007199254740992.0	/* 2^53: whole numbers up to here are exact */

static const double powers[MOST_DECIMALS + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/*
 * How many decimals write all weights as they were given, so that their sums can be
 * exact: 0.1 + 0.7 is 0.8, which doubles deny. QUALIFICATION_NO_DECIMALS for weights
 * such as 1/3, whose sums are those of doubles. Weights are finite and not negative.
 */
int
QualificationDecimals(const double *weights, int count)
{
	for (int decimals = 0; decimals <= MOST_DECIMALS; decimals++)
	{
		double		sum = 0;
		int			i = 0;

		while (i < count && sum <= LARGEST_SUM)
		{
			double		units = rint(weights[i] * powers[decimals]);

			/* the quotient of two exact numbers is the double next to the decimal */
			if (units / powers[decimals] != weights[i])
				break;
			sum += units;
			i++;
		}
		if (i == count && sum <= LARGEST_SUM)
			return decimals;
	}
	return QUALIFICATION_NO_DECIMALS;
}

/* The weights of the criteria that passed, added in their order. */
double
QualificationScore(const QualificationRule *rule, uint32 passed)
{
	bool		is_decimal = rule->decimals != QUALIFICATION_NO_DECIMALS;
	double		power = is_decimal ? powers[rule->decimals] : 1.0;
	double		sum = 0;

	for (int i = 0; i < rule->criteria; i++)
		if (passed & (UINT32_C(1) << i))
			sum += is_decimal ? rint(rule->weights[i] * power) : rule->weights[i];
	return sum / power;
}

/* Does a lead pass of which exactly these criteria are true? */
bool
QualificationPasses(const QualificationRule *rule, uint32 passed)
{
	int			count = 0;

	for (uint32 rest = passed; rest != 0; rest &= rest - 1)
		count++;
	return (rule->required & ~passed) == 0 && count >= rule->min_passed &&
		(rule->min_score <= 0 || QualificationScore(rule, passed) >= rule->min_score);
}

/*
 * Valid or invalid whatever the unknown turn out to be, else unknown. Criteria in
 * neither mask are true.
 */
QualificationVerdict
QualificationJudge(const QualificationRule *rule, uint32 failed, uint32 unknown)
{
	uint32		all = QualificationAll(rule);

	if (QualificationPasses(rule, all & ~failed & ~unknown))
		return QUALIFICATION_VALID;
	if (!QualificationPasses(rule, all & ~failed))
		return QUALIFICATION_INVALID;
	return QUALIFICATION_UNKNOWN;
}
