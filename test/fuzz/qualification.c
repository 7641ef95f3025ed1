/*
 * qualification.c
 *		The verdict of a lead, against all ways in which the unknown can turn out.
 */
#include "fuzz.h"

#include "qualification/qualification_rule.h"

#define MOST_CRITERIA 9

/* What passes, said in tenths: the weights are tenths, so that the minimum is met exactly. */
static bool
PassesPlainly(const QualificationRule *rule, const int *tenths, int min_tenths, uint32 passed)
{
	int			count = 0;
	int			sum = 0;

	for (int i = 0; i < rule->criteria; i++)
	{
		bool		is_true = (passed >> i) & 1;

		if (!is_true && ((rule->required >> i) & 1))
			return false;
		count += is_true;
		sum += is_true ? tenths[i] : 0;
	}
	return count >= rule->min_passed && sum >= min_tenths;
}

void
QualificationCase(void)
{
	QualificationRule rule = {.criteria = RandomBetween(1, MOST_CRITERIA)};
	double		weights[MOST_CRITERIA];
	int			tenths[MOST_CRITERIA];
	int			total = 0;
	int			min_tenths;
	uint32		all = QualificationAll(&rule);
	uint32		failed = RandomBits() & all;
	uint32		unknown = RandomBits() & all & ~failed;
	uint32		ways = 0;
	int			valid = 0;
	int			invalid = 0;
	QualificationVerdict expected;

	for (int i = 0; i < rule.criteria; i++)
	{
		tenths[i] = RandomBelow(30);
		weights[i] = tenths[i] / 10.0;
		total += tenths[i];
	}
	min_tenths = Chance(50) ? 0 : RandomBelow(total + 1);
	rule.required = Chance(50) ? 0 : RandomBits() & RandomBits() & all;
	rule.min_passed = Chance(50) ? 0 : RandomBetween(0, rule.criteria);
	rule.min_score = min_tenths / 10.0;
	rule.weights = weights;
	rule.decimals = QualificationDecimals(weights, rule.criteria);
	Note("criteria %d, required %x, min_passed %d, min_score %g, failed %x, unknown %x\n",
		 rule.criteria, rule.required, rule.min_passed, rule.min_score, failed, unknown);
	EXPECT(rule.decimals >= 0 && rule.decimals <= 1, "tenths have %d decimals", rule.decimals);

	/* every subset of the unknown, as those that turn out true */
	do
	{
		if (PassesPlainly(&rule, tenths, min_tenths, (all & ~failed & ~unknown) | ways))
			valid++;
		else
			invalid++;
		ways = (ways - unknown) & unknown;
	} while (ways != 0);
	expected = invalid == 0 ? QUALIFICATION_VALID : valid == 0 ? QUALIFICATION_INVALID : QUALIFICATION_UNKNOWN;
	EXPECT(QualificationJudge(&rule, failed, unknown) == expected, "verdict %d for %d ways to pass and %d to fail",
		   QualificationJudge(&rule, failed, unknown), valid, invalid);
	EXPECT(QualificationScore(&rule, all) == total / 10.0, "score of all %.17g, not %.17g",
		   QualificationScore(&rule, all), total / 10.0);
}
