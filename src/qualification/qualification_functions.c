/*
 * qualification_functions.c
 *		What qualification answers in SQL: the verdict of one lead, and of many how
 *		many are valid and what is wrong with the others.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/rows.h"
#include "qualification/qualification.h"

PG_FUNCTION_INFO_V1(qualification_check);
PG_FUNCTION_INFO_V1(qualification_summary);
PG_FUNCTION_INFO_V1(qualification_rows);
PG_FUNCTION_INFO_V1(qualification_patterns);

static const char *const verdict_names[] = {"valid", "invalid", "unknown"};

/* The names of a mask's criteria as text[], in the order of the definition. */
static Datum
NameArray(const char *const *names, uint32 mask)
{
	Datum		values[QUALIFICATION_MOST_CRITERIA];
	int			count = 0;

	for (; mask != 0; mask &= mask - 1)
		values[count++] = CStringGetTextDatum(names[pg_rightmost_one_pos32(mask)]);
	return PointerGetDatum(construct_array(values, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The same as one text, 'profile + intent'; NULL for none. */
static char *
NameList(const char *const *names, uint32 mask)
{
	StringInfoData list;

	if (mask == 0)
		return NULL;
	initStringInfo(&list);
	for (; mask != 0; mask &= mask - 1)
		appendStringInfo(&list, "%s%s", list.len > 0 ? " + " : "", names[pg_rightmost_one_pos32(mask)]);
	return list.data;
}

/*
 * qualification_check(def, VARIADIC answers boolean[]) → (verdict, tier, passed,
 * failed, unknown, score_low, score_high, first_failing, failing, unchecked)
 */
Datum
qualification_check(PG_FUNCTION_ARGS)
{
	QualificationDef *def = QualificationDefFromDatum(PG_GETARG_DATUM(0));
	QualificationRule rule = QualificationDefRule(def);
	const char **names = QualificationDefNames(def);
	RowWriter	row = RowBegin(fcinfo);
	uint32		failed;
	uint32		unknown;
	uint32		all = QualificationAll(&rule);
	double		low;
	double		high;
	int			tier;

	QualificationAnswers(def, PG_GETARG_ARRAYTYPE_P(1), &failed, &unknown);
	low = QualificationScore(&rule, all & ~failed & ~unknown);
	high = QualificationScore(&rule, all & ~failed);
	tier = QualificationTier(def, low);
	if (tier != QualificationTier(def, high))
		tier = QUALIFICATION_NO_TIER;

	RowPutText(&row, verdict_names[QualificationJudge(&rule, failed, unknown)]);
	RowPutText(&row, tier == QUALIFICATION_NO_TIER ? NULL : names[def->criteria + tier]);
	RowPutInt(&row, pg_popcount32(all & ~failed & ~unknown));
	RowPutInt(&row, pg_popcount32(failed));
	RowPutInt(&row, pg_popcount32(unknown));
	RowPutFloat(&row, low);
	RowPutFloat(&row, high);
	RowPutText(&row, failed == 0 ? NULL : names[pg_rightmost_one_pos32(failed)]);
	RowPut(&row, NameArray(names, failed));
	RowPut(&row, NameArray(names, unknown));
	PG_RETURN_DATUM(RowDatum(&row));
}

/* qualification_summary(qualification_stats): one row */
Datum
qualification_summary(PG_FUNCTION_ARGS)
{
	QualificationStats *stats = QualificationStatsFromDatum(PG_GETARG_DATUM(0));
	QualificationRule rule = QualificationDefRule(StatsDef(stats));
	RowWriter	row = RowBegin(fcinfo);
	int64		leads[lengthof(verdict_names)] = {0};
	int64		overdue = 0;

	for (int32 i = 0; i < stats->cells; i++)
	{
		const QualificationCell *cell = &StatsCells(stats)[i];

		CHECK_FOR_INTERRUPTS();
		leads[QualificationJudge(&rule, cell->failed, cell->unknown)] += cell->leads;
		overdue += cell->overdue;
	}
	RowPutInt64(&row, stats->leads);
	RowPutInt64(&row, leads[QUALIFICATION_VALID]);
	RowPutInt64(&row, leads[QUALIFICATION_INVALID]);
	RowPutInt64(&row, leads[QUALIFICATION_UNKNOWN] - overdue);
	RowPutInt64(&row, overdue);
	RowPutProportion(&row, leads[QUALIFICATION_VALID],
					 leads[QUALIFICATION_VALID] + leads[QUALIFICATION_INVALID]);
	RowPutRate(&row, (double) leads[QUALIFICATION_VALID], (double) stats->leads);
	RowPutRate(&row, (double) (stats->leads - leads[QUALIFICATION_INVALID]), (double) stats->leads);
	PG_RETURN_DATUM(RowDatum(&row));
}

/* What is counted of one criterion. */
typedef struct CriterionCounts
{
	int64		passed;
	int64		failed;
	int64		unknown;
	int64		first_failing;
	int64		only_failing;
	int64		valid_if_passed;
} CriterionCounts;

/* qualification_rows(qualification_stats): one row per criterion, in their order */
Datum
qualification_rows(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	QualificationStats *stats = QualificationStatsFromDatum(PG_GETARG_DATUM(0));
	QualificationRule rule = QualificationDefRule(StatsDef(stats));
	const char **names = QualificationDefNames(StatsDef(stats));
	CriterionCounts counts[QUALIFICATION_MOST_CRITERIA] = {{0}};

	for (int32 i = 0; i < stats->cells; i++)
	{
		const QualificationCell *cell = &StatsCells(stats)[i];
		bool		is_invalid = QualificationJudge(&rule, cell->failed, cell->unknown) == QUALIFICATION_INVALID;

		CHECK_FOR_INTERRUPTS();
		for (int c = 0; c < rule.criteria; c++)
		{
			uint32		bit = UINT32_C(1) << c;

			if (cell->unknown & bit)
				counts[c].unknown += cell->leads;
			else if (!(cell->failed & bit))
				counts[c].passed += cell->leads;
			else
			{
				counts[c].failed += cell->leads;
				if (is_invalid && (cell->failed & (bit - 1)) == 0)
					counts[c].first_failing += cell->leads;
				if (is_invalid && cell->failed == bit)
					counts[c].only_failing += cell->leads;
				if (is_invalid &&
					QualificationJudge(&rule, cell->failed & ~bit, cell->unknown) == QUALIFICATION_VALID)
					counts[c].valid_if_passed += cell->leads;
			}
		}
	}
	for (int c = 0; c < rule.criteria; c++)
	{
		RowPutInt(&row, c + 1);
		RowPutText(&row, names[c]);
		RowPutBoolean(&row, (rule.required & (UINT32_C(1) << c)) != 0);
		RowPutInt64(&row, counts[c].passed);
		RowPutInt64(&row, counts[c].failed);
		RowPutInt64(&row, counts[c].unknown);
		RowPutProportion(&row, counts[c].passed, counts[c].passed + counts[c].failed);
		RowPutInt64(&row, counts[c].first_failing);
		RowPutInt64(&row, counts[c].only_failing);
		RowPutInt64(&row, counts[c].valid_if_passed);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/* A pattern with its names, NULL where it has none. */
typedef struct NamedPattern
{
	const QualificationCell *cell;
	const char *failing;
	const char *unchecked;
} NamedPattern;

/* NULL first, then byte by byte. */
static int
CompareNameLists(const char *left, const char *right)
{
	if (left == NULL || right == NULL)
		return (left != NULL) - (right != NULL);
	return strcmp(left, right);
}

static int
ComparePatterns(const NamedPattern *left, const NamedPattern *right)
{
	int			order;

	if (left->cell->leads != right->cell->leads)
		return left->cell->leads > right->cell->leads ? -1 : 1;
	order = CompareNameLists(left->failing, right->failing);
	if (order == 0)
		order = CompareNameLists(left->unchecked, right->unchecked);
	/* names that hold a plus may spell two patterns alike; cells are in order */
	return order != 0 ? order : (left->cell > right->cell) - (left->cell < right->cell);
}

#define ST_SORT SortPatterns
#define ST_ELEMENT_TYPE NamedPattern
#define ST_COMPARE(a, b) ComparePatterns(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* qualification_patterns(qualification_stats): one row per pattern, most leads first */
Datum
qualification_patterns(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	QualificationStats *stats = QualificationStatsFromDatum(PG_GETARG_DATUM(0));
	QualificationRule rule = QualificationDefRule(StatsDef(stats));
	const char **names = QualificationDefNames(StatsDef(stats));
	NamedPattern *patterns = palloc_extended(Max(1, stats->cells) * sizeof(NamedPattern), MCXT_ALLOC_HUGE);

	for (int32 i = 0; i < stats->cells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		patterns[i].cell = &StatsCells(stats)[i];
		patterns[i].failing = NameList(names, patterns[i].cell->failed);
		patterns[i].unchecked = NameList(names, patterns[i].cell->unknown);
	}
	SortPatterns(patterns, stats->cells);
	for (int32 i = 0; i < stats->cells; i++)
	{
		const QualificationCell *cell = patterns[i].cell;

		CHECK_FOR_INTERRUPTS();
		RowPutText(&row, patterns[i].failing);
		RowPutText(&row, patterns[i].unchecked);
		RowPutInt(&row, pg_popcount32(cell->failed));
		RowPutInt(&row, pg_popcount32(cell->unknown));
		RowPutText(&row, verdict_names[QualificationJudge(&rule, cell->failed, cell->unknown)]);
		RowPutInt64(&row, cell->leads);
		RowPutRate(&row, (double) cell->leads, (double) stats->leads);
		RowEnd(&row);
	}
	return (Datum) 0;
}
