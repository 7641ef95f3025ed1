/*
 * qualification.h
 *		qualification_def, what makes a lead valid; qualification_stats, leads
 *		counted by the pattern of their answers.
 */
#ifndef REVOPS_QUALIFICATION_H
#define REVOPS_QUALIFICATION_H

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/date.h"

#include "base/json_tree.h"
#include "base/state.h"
#include "base/wire.h"
#include "qualification/qualification_rule.h"

#define QUALIFICATION_NO_DECIDE_DAYS	(-1)
#define QUALIFICATION_NO_TIER			(-1)

/*
 * The definition. The numbers are the weights, then where each tier begins; the
 * names of criteria and tiers follow, each ended by a zero.
 */
typedef struct QualificationDef
{
	StateHeader header;
	int32		criteria;
	int32		tiers;
	uint32		required;
	int32		min_passed;
	int32		decide_days;	/* or QUALIFICATION_NO_DECIDE_DAYS */
	int32		decimals;
	double		min_score;
	double		number[FLEXIBLE_ARRAY_MEMBER];
} QualificationDef;

/* Leads of one pattern: criteria in neither mask are true. */
typedef struct QualificationCell
{
	uint32		failed;
	uint32		unknown;
	int64		leads;			/* 0: the slot is free */
	int64		overdue;		/* of them, where the verdict is unknown */
} QualificationCell;

/*
 * Cells follow the definition (see StatsCells): sorted by their masks in a value
 * outside an aggregate, else a hash table with free slots.
 */
typedef struct QualificationStats
{
	StateHeader header;
	DateADT		as_of;			/* where QUALIFICATION_HAS_AS_OF is set, else 0 */
	int32		def_size;
	int32		cells;			/* used ones */
	int32		slots;			/* cells with the free ones */
	int64		leads;
} QualificationStats;

/* Bits of StateHeader's flags. */
#define QUALIFICATION_HAS_AS_OF	0x1
#define QUALIFICATION_IS_HASHED	0x2

static inline QualificationDef *
StatsDef(const QualificationStats *stats)
{
	return (QualificationDef *) ((char *) stats + MAXALIGN(sizeof(QualificationStats)));
}

static inline QualificationCell *
StatsCells(const QualificationStats *stats)
{
	return (QualificationCell *) ((char *) StatsDef(stats) + MAXALIGN(stats->def_size));
}

static inline QualificationRule
QualificationDefRule(const QualificationDef *def)
{
	return (QualificationRule)
	{
		.criteria = def->criteria,
			.required = def->required,
			.min_passed = def->min_passed,
			.min_score = def->min_score,
			.decimals = def->decimals,
			.weights = def->number
	};
}

/* qualification_def.c */
extern QualificationDef *QualificationDefFromDatum(Datum value);
extern QualificationDef *QualificationDefRead(JsonNode *root);
extern void QualificationDefPut(StringInfo text, const QualificationDef *def);
extern QualificationDef *QualificationDefReceive(WireReader *reader);
extern void QualificationDefSend(StringInfo buffer, const QualificationDef *def);
extern const char **QualificationDefNames(const QualificationDef *def);
extern int	QualificationTier(const QualificationDef *def, double score);
extern void QualificationAnswers(const QualificationDef *def, ArrayType *answers, uint32 *failed,
								 uint32 *unknown);

/* qualification_stats.c */
extern QualificationStats *QualificationStatsFromDatum(Datum value);

#endif							/* REVOPS_QUALIFICATION_H */
