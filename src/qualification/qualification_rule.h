/*
 * qualification_rule.h
 *		Is a lead valid, from answers that are yes, no or not yet known? No SQL
 *		here: plain structs and bit masks, criterion i is bit i.
 */
#ifndef REVOPS_QUALIFICATION_RULE_H
#define REVOPS_QUALIFICATION_RULE_H

#define QUALIFICATION_MOST_CRITERIA	32
#define QUALIFICATION_NO_DECIMALS	(-1)

/* A lead passes with all that is required, so many criteria, and so high a score. */
typedef struct QualificationRule
{
	int			criteria;		/* 1 to 32 */
	uint32		required;
	int			min_passed;
	double		min_score;
	int			decimals;		/* of all weights, see QualificationDecimals */
	const double *weights;		/* one per criterion, none negative */
} QualificationRule;

typedef enum QualificationVerdict
{
	QUALIFICATION_VALID,
	QUALIFICATION_INVALID,
	QUALIFICATION_UNKNOWN
} QualificationVerdict;

extern int	QualificationDecimals(const double *weights, int count);
extern double QualificationScore(const QualificationRule *rule, uint32 passed);
extern bool QualificationPasses(const QualificationRule *rule, uint32 passed);
extern QualificationVerdict QualificationJudge(const QualificationRule *rule, uint32 failed,
											   uint32 unknown);

/* All criteria of a rule. */
static inline uint32
QualificationAll(const QualificationRule *rule)
{
	return PG_UINT32_MAX >> (QUALIFICATION_MOST_CRITERIA - rule->criteria);
}

#endif							/* REVOPS_QUALIFICATION_RULE_H */
