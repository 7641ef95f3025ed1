/*
 * qualification_stats.c
 *		qualification_stats in SQL: its four forms, qualification_agg,
 *		qualification_dated_agg and qualification_merge.
 *
 * Leads are counted by the pattern of their answers, which are few: while an
 * aggregate runs the patterns are a hash table, in a value that leaves it a sorted
 * list.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/parameter.h"
#include "qualification/qualification.h"

#define QUALIFICATION_STATS_VERSION	1
#define FIRST_SLOTS					16
#define AGGREGATE					"qualification_agg"

PG_FUNCTION_INFO_V1(qualification_stats_in);
PG_FUNCTION_INFO_V1(qualification_stats_out);
PG_FUNCTION_INFO_V1(qualification_stats_recv);
PG_FUNCTION_INFO_V1(qualification_stats_send);
PG_FUNCTION_INFO_V1(qualification_stats_add);
PG_FUNCTION_INFO_V1(qualification_stats_add_dated);
PG_FUNCTION_INFO_V1(qualification_stats_combine);
PG_FUNCTION_INFO_V1(qualification_stats_final);

static inline Size
StatsSize(int32 def_size, int64 slots)
{
	return MAXALIGN(sizeof(QualificationStats)) + MAXALIGN(def_size) + slots * sizeof(QualificationCell);
}

static inline bool
IsHashed(const QualificationStats *stats)
{
	return (stats->header.flags & QUALIFICATION_IS_HASHED) != 0;
}

/* A state without leads and with so many slots, in the current context. */
static QualificationStats *
StatsCreate(const QualificationDef *def, int64 slots)
{
	QualificationStats *stats;
	Size		size = StatsSize(VARSIZE(def), slots);

	if (size > MaxAllocSize || slots > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one qualification_stats would need more than the %zu bytes that a value can have",
						(Size) MaxAllocSize),
				 errhint("Group by something finer, or ask fewer criteria at once.")));
	stats = StateCreate(size, QUALIFICATION_STATS_VERSION);
	stats->def_size = VARSIZE(def);
	stats->slots = (int32) slots;
	memcpy(StatsDef(stats), def, VARSIZE(def));
	return stats;
}

static int
CompareCells(const QualificationCell *left, const QualificationCell *right)
{
	if (left->failed != right->failed)
		return left->failed < right->failed ? -1 : 1;
	return (left->unknown > right->unknown) - (left->unknown < right->unknown);
}

#define ST_SORT SortCells
#define ST_ELEMENT_TYPE QualificationCell
#define ST_COMPARE(a, b) CompareCells(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* The rule that a cell breaks; NULL for none. */
static const char *
CellBroken(const QualificationStats *stats, const QualificationRule *rule, const QualificationCell *cell)
{
	if (((cell->failed | cell->unknown) & ~QualificationAll(rule)) != 0)
		return "A pattern has more criteria than the definition.";
	if ((cell->failed & cell->unknown) != 0)
		return "A criterion is both failed and unknown.";
	if (cell->leads < 1)
		return "A pattern has no leads.";
	if (cell->overdue < 0 || cell->overdue > cell->leads)
		return "More leads of a pattern are overdue than it has.";
	if (cell->overdue > 0 && (stats->header.flags & QUALIFICATION_HAS_AS_OF) == 0)
		return "Leads are overdue without a day as_of.";
	if (cell->overdue > 0 && StatsDef(stats)->decide_days == QUALIFICATION_NO_DECIDE_DAYS)
		return "Leads are overdue, but the definition has no decide_days.";
	if (cell->overdue > 0 &&
		QualificationJudge(rule, cell->failed, cell->unknown) != QUALIFICATION_UNKNOWN)
		return "Leads are overdue whose verdict is known.";
	return NULL;
}

#ifdef USE_ASSERT_CHECKING
/* The rules that hold for every state; NULL, or which one is broken. */
static const char *
StatsBroken(const QualificationStats *stats)
{
	QualificationRule rule = QualificationDefRule(StatsDef(stats));
	const QualificationCell *cells = StatsCells(stats);
	int64		leads = 0;
	int32		used = 0;

	if (VARSIZE(stats) != StatsSize(stats->def_size, stats->slots))
		return "The slots do not fill the state.";
	for (int32 i = 0; i < stats->slots; i++)
	{
		if (cells[i].leads == 0)
			continue;
		if (CellBroken(stats, &rule, &cells[i]) != NULL)
			return CellBroken(stats, &rule, &cells[i]);
		leads += cells[i].leads;
		used++;
	}
	return leads == stats->leads && used == stats->cells ? NULL : "Leads or patterns are miscounted.";
}
#endif

/* Where the pattern stands in a hash table, or the free slot for it. */
static inline QualificationCell *
FindSlot(QualificationStats *stats, uint32 failed, uint32 unknown)
{
	QualificationCell *cells = StatsCells(stats);
	uint32		mask = stats->slots - 1;
	uint64		hash = ((uint64) unknown << 32 | failed) * UINT64CONST(0x9E3779B97F4A7C15);
	uint32		slot;

	hash = (hash ^ hash >> 29) * UINT64CONST(0xBF58476D1CE4E5B9);
	slot = (uint32) (hash >> 32) & mask;
	while (cells[slot].leads != 0 &&
		   (cells[slot].failed != failed || cells[slot].unknown != unknown))
		slot = (slot + 1) & mask;
	return &cells[slot];
}

/* The state as a hash table with free slots; itself, or a new one in the current context. */
static QualificationStats *
StatsMakeRoom(QualificationStats *stats)
{
	QualificationStats *larger;
	const QualificationCell *cells = StatsCells(stats);
	int64		slots = FIRST_SLOTS;

	if (IsHashed(stats) && stats->cells < stats->slots / 4 * 3)
		return stats;
	while (slots < (int64) stats->cells * 2)
		slots *= 2;
	larger = StatsCreate(StatsDef(stats), slots);
	larger->header.flags = stats->header.flags | QUALIFICATION_IS_HASHED;
	larger->as_of = stats->as_of;
	larger->cells = stats->cells;
	larger->leads = stats->leads;
	for (int32 i = 0; i < stats->slots; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (cells[i].leads > 0)
			*FindSlot(larger, cells[i].failed, cells[i].unknown) = cells[i];
	}
	return larger;
}

/* Counts leads of a pattern; returns the state, or a larger one in the current context. */
static QualificationStats *
StatsAdd(QualificationStats *stats, uint32 failed, uint32 unknown, int64 leads, int64 overdue)
{
	QualificationCell *cell;

	CountAdd(&stats->leads, leads, "leads in one qualification_stats");
	cell = FindSlot(stats, failed, unknown);
	if (cell->leads == 0)
	{
		stats = StatsMakeRoom(stats);
		cell = FindSlot(stats, failed, unknown);
		cell->failed = failed;
		cell->unknown = unknown;
		stats->cells++;
	}
	cell->leads += leads;
	cell->overdue += overdue;
	return stats;
}

/* The one form of equal counts: sorted, without free slots. The state itself where it has it. */
static QualificationStats *
StatsCanonical(QualificationStats *stats)
{
	QualificationStats *result;
	QualificationCell *cells;

	if (!IsHashed(stats))
		return stats;
	result = StatsCreate(StatsDef(stats), stats->cells);
	result->header.flags = stats->header.flags & ~QUALIFICATION_IS_HASHED;
	result->as_of = stats->as_of;
	result->leads = stats->leads;
	cells = StatsCells(result);
	for (int32 i = 0; i < stats->slots; i++)
		if (StatsCells(stats)[i].leads > 0)
			cells[result->cells++] = StatsCells(stats)[i];
	SortCells(cells, result->cells);
	return result;
}

static QualificationStats *
StatsRead(Datum value)
{
	return StateFromDatum(value, QUALIFICATION_STATS_VERSION,
						  StatsSize(offsetof(QualificationDef, number), 0), "qualification_stats");
}

/* A stored state, canonical. */
QualificationStats *
QualificationStatsFromDatum(Datum value)
{
	return StatsCanonical(StatsRead(value));
}

/* ------------------------------------------------------------------------- */

/* Checks a pattern that was read and counts it; NULL, or the rule that is broken. */
static const char *
StatsTake(QualificationStats **stats, const QualificationCell *cell)
{
	QualificationRule rule = QualificationDefRule(StatsDef(*stats));
	const char *broken = CellBroken(*stats, &rule, cell);

	if (broken == NULL && FindSlot(*stats, cell->failed, cell->unknown)->leads > 0)
		broken = "A pattern is there twice.";
	if (broken == NULL)
		*stats = StatsAdd(*stats, cell->failed, cell->unknown, cell->leads, cell->overdue);
	return broken;
}

/* A new state while it is read. */
static QualificationStats *
StatsBegin(const QualificationDef *def, bool has_as_of, DateADT as_of)
{
	QualificationStats *stats = StatsCreate(def, FIRST_SLOTS);

	stats->header.flags = QUALIFICATION_IS_HASHED | (has_as_of ? QUALIFICATION_HAS_AS_OF : 0);
	stats->as_of = has_as_of ? as_of : 0;
	return stats;
}

#define ANSWER_TRUE		'1'
#define ANSWER_FALSE	'0'
#define ANSWER_UNKNOWN	'?'

/*
 * qualification_stats_in(cstring): reads {"definition": …, "as_of": …, "patterns":
 * [["11?0", 12], ["1?11", 7, 2]]}: answers in the order of the criteria, leads, and
 * how many of them are overdue.
 */
Datum
qualification_stats_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"definition", "as_of", "patterns"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "qualification_stats");
	JsonNode   *list;
	JsonNode   *node;
	QualificationDef *def;
	QualificationStats *stats;

	JsonAllowKeys(root, keys, lengthof(keys));
	def = QualificationDefRead(JsonRequire(root, "definition"));
	node = JsonGiven(root, "as_of");
	stats = StatsBegin(def, node != NULL, node ? JsonGetDate(node) : 0);
	list = JsonRequire(root, "patterns");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		QualificationCell cell = {0};
		const char *answers;
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		node = list->items[i];
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count < 2 || node->count > 3)
			JsonInvalid(node, "A pattern is [answers, leads] or [answers, leads, overdue].",
						"The array has %d items.", node->count);
		answers = JsonGetText(node->items[0]);
		if (strlen(answers) != (size_t) def->criteria)
			JsonInvalid(node->items[0], NULL, "It has %zu answers for %d criteria.",
						strlen(answers), def->criteria);
		for (int c = 0; c < def->criteria; c++)
		{
			if (answers[c] == ANSWER_FALSE)
				cell.failed |= UINT32_C(1) << c;
			else if (answers[c] == ANSWER_UNKNOWN)
				cell.unknown |= UINT32_C(1) << c;
			else if (answers[c] != ANSWER_TRUE)
				JsonInvalid(node->items[0], "Write 1 for true, 0 for false, ? for unknown.",
							"\"%s\" is no list of answers.", answers);
		}
		cell.leads = JsonGetInt(node->items[1], 1, PG_INT64_MAX);
		cell.overdue = node->count < 3 ? 0 : JsonGetInt(node->items[2], 0, PG_INT64_MAX);
		broken = StatsTake(&stats, &cell);
		if (broken)
			JsonInvalid(node, NULL, "%s", broken);
	}
	if (list->count == 0)
		JsonInvalid(list, NULL, "It has no patterns; no leads are NULL.");
	PG_RETURN_POINTER(StatsCanonical(stats));
}

/* qualification_stats_out(qualification_stats): the same text for equal states */
Datum
qualification_stats_out(PG_FUNCTION_ARGS)
{
	QualificationStats *stats = QualificationStatsFromDatum(PG_GETARG_DATUM(0));
	const QualificationDef *def = StatsDef(stats);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"definition\": ");
	QualificationDefPut(&text, def);
	if (stats->header.flags & QUALIFICATION_HAS_AS_OF)
	{
		appendStringInfoString(&text, ", \"as_of\": ");
		JsonPutDate(&text, stats->as_of);
	}
	appendStringInfoString(&text, ", \"patterns\": [");
	for (int32 i = 0; i < stats->cells; i++)
	{
		const QualificationCell *cell = &StatsCells(stats)[i];

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i > 0 ? ", [\"" : "[\"");
		for (int c = 0; c < def->criteria; c++)
		{
			uint32		bit = UINT32_C(1) << c;

			appendStringInfoChar(&text, cell->failed & bit ? ANSWER_FALSE :
								 cell->unknown & bit ? ANSWER_UNKNOWN : ANSWER_TRUE);
		}
		appendStringInfo(&text, "\", " INT64_FORMAT, cell->leads);
		if (cell->overdue > 0)
			appendStringInfo(&text, ", " INT64_FORMAT, cell->overdue);
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

/* Bytes of a pattern: failed, unknown, leads, overdue. */
#define CELL_WIRE_BYTES	24

Datum
qualification_stats_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), QUALIFICATION_STATS_VERSION,
									   "qualification_stats");
	QualificationDef *def = QualificationDefReceive(&reader);
	uint8		has_as_of = WireGetByte(&reader);
	DateADT		as_of = WireGetInt(&reader);
	QualificationStats *stats;
	int			count;

	if (has_as_of > 1)
		WireCorrupt(&reader, "It has the flag %d.", has_as_of);
	if (has_as_of ? DATE_NOT_FINITE(as_of) || !IS_VALID_DATE(as_of) : as_of != 0)
		WireCorrupt(&reader, "It has the day %d as as_of.", as_of);
	stats = StatsBegin(def, has_as_of == 1, as_of);
	count = WireGetCount(&reader, "patterns", PG_INT32_MAX, CELL_WIRE_BYTES);
	if (count == 0)
		WireCorrupt(&reader, "It has no patterns.");
	for (int i = 0; i < count; i++)
	{
		QualificationCell cell;
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		cell.failed = (uint32) WireGetInt(&reader);
		cell.unknown = (uint32) WireGetInt(&reader);
		cell.leads = WireGetInt64(&reader);
		cell.overdue = WireGetInt64(&reader);
		broken = StatsTake(&stats, &cell);
		if (broken)
			WireCorrupt(&reader, "Pattern %d: %s", i + 1, broken);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(StatsCanonical(stats));
}

Datum
qualification_stats_send(PG_FUNCTION_ARGS)
{
	QualificationStats *stats = QualificationStatsFromDatum(PG_GETARG_DATUM(0));
	StringInfoData buffer;

	WireBeginSend(&buffer, QUALIFICATION_STATS_VERSION);
	QualificationDefSend(&buffer, StatsDef(stats));
	WirePutByte(&buffer, (stats->header.flags & QUALIFICATION_HAS_AS_OF) != 0);
	WirePutInt(&buffer, stats->as_of);
	WirePutInt(&buffer, stats->cells);
	for (int32 i = 0; i < stats->cells; i++)
	{
		const QualificationCell *cell = &StatsCells(stats)[i];

		CHECK_FOR_INTERRUPTS();
		WirePutInt(&buffer, cell->failed);
		WirePutInt(&buffer, cell->unknown);
		WirePutInt64(&buffer, cell->leads);
		WirePutInt64(&buffer, cell->overdue);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* ------------------------------------------------------------------------- */

/* Definition and day as_of of two inputs must be one; else says both, and ends. */
static void
CheckSame(const QualificationStats *stats, const QualificationDef *def, bool has_as_of, DateADT as_of,
		  const char *aggregate)
{
	bool		had_as_of = (stats->header.flags & QUALIFICATION_HAS_AS_OF) != 0;

	if (VARSIZE(def) != (Size) stats->def_size || memcmp(def, StatsDef(stats), stats->def_size) != 0)
	{
		StringInfoData one;
		StringInfoData other;

		initStringInfo(&one);
		initStringInfo(&other);
		QualificationDefPut(&one, StatsDef(stats));
		QualificationDefPut(&other, def);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s got different definitions in one group", aggregate),
				 errdetail("One is %s, another %s.", one.data, other.data),
				 errhint("Group by the definition too.")));
	}
	if (has_as_of != had_as_of || (has_as_of && as_of != stats->as_of))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s got different as_of in one group", aggregate),
				 errdetail("One is %s, another %s.", had_as_of ? DateText(stats->as_of) : "NULL",
						   has_as_of ? DateText(as_of) : "NULL"),
				 errhint("Group by as_of too.")));
}

/* The definition of a row, and the state so far; a new one for the first row. */
static QualificationStats *
StatsOfRow(FunctionCallInfo fcinfo, const char *aggregate, bool has_as_of, DateADT as_of,
		   QualificationDef **def)
{
	QualificationStats *stats;

	CheckAggregateArgument(fcinfo, 1, aggregate, "definition");
	*def = QualificationDefFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		return StatsBegin(*def, has_as_of, as_of);
	stats = PG_GETARG_STATE_IN_PLACE(0);
	CheckSame(stats, *def, has_as_of, as_of, aggregate);
	return StatsMakeRoom(stats);
}

/* The answers of a row. NULL in place of all is no list of unknown answers. */
static void
AnswersOfRow(FunctionCallInfo fcinfo, int argument, const char *aggregate, const QualificationDef *def,
			 uint32 *failed, uint32 *unknown)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the answers of %s must not be NULL", aggregate),
				 errhint("A lead that nobody has checked has one NULL per criterion: array_fill(null::boolean, array[%d]).",
						 def->criteria)));
	QualificationAnswers(def, PG_GETARG_ARRAYTYPE_P(argument), failed, unknown);
}

/* qualification_stats_add(qualification_stats, definition, answers boolean[]) */
Datum
qualification_stats_add(PG_FUNCTION_ARGS)
{
	QualificationStats *stats;
	QualificationDef *def;
	uint32		failed;
	uint32		unknown;

	AggregateContext(fcinfo, AGGREGATE);
	stats = StatsOfRow(fcinfo, AGGREGATE, false, 0, &def);
	AnswersOfRow(fcinfo, 2, AGGREGATE, def, &failed, &unknown);
	PG_RETURN_POINTER(StatsAdd(stats, failed, unknown, 1, 0));
}

/*
 * qualification_stats_add_dated(qualification_stats, definition, created date, as_of
 * date, answers boolean[]): a lead created after as_of does not exist. A lead or an
 * as_of without a day leaves the unknown pending.
 */
Datum
qualification_stats_add_dated(PG_FUNCTION_ARGS)
{
	const char *aggregate = "qualification_dated_agg";
	bool		has_as_of = !PG_ARGISNULL(3);
	bool		has_created = !PG_ARGISNULL(2);
	DateADT		as_of = has_as_of ? CheckFiniteDate(PG_GETARG_DATEADT(3), "as_of") : 0;
	DateADT		created = has_created ? CheckFiniteDate(PG_GETARG_DATEADT(2), "created") : 0;
	QualificationStats *stats;
	QualificationDef *def;
	uint32		failed;
	uint32		unknown;
	bool		is_overdue;

	AggregateContext(fcinfo, aggregate);
	/* before anything is compared: which row comes first must not decide whether this one is an error */
	if (has_created && has_as_of && created > as_of)
		PG_RETURN_STATE_AS_IT_IS();
	stats = StatsOfRow(fcinfo, aggregate, has_as_of, as_of, &def);
	AnswersOfRow(fcinfo, 4, aggregate, def, &failed, &unknown);
	is_overdue = unknown != 0 && has_created && has_as_of &&
		def->decide_days != QUALIFICATION_NO_DECIDE_DAYS &&
		(int64) created + def->decide_days < as_of;
	if (is_overdue)
	{
		QualificationRule rule = QualificationDefRule(def);

		is_overdue = QualificationJudge(&rule, failed, unknown) == QUALIFICATION_UNKNOWN;
	}
	PG_RETURN_POINTER(StatsAdd(stats, failed, unknown, 1, is_overdue));
}

/*
 * qualification_stats_combine(qualification_stats, qualification_stats): either may
 * be NULL. The result is the first, changed in place, or a new one.
 */
Datum
qualification_stats_combine(PG_FUNCTION_ARGS)
{
	QualificationStats *stats;
	QualificationStats *other;

	AggregateContext(fcinfo, "qualification_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = StatsRead(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(StatsMakeRoom(other));
	stats = PG_GETARG_STATE_IN_PLACE(0);
	CheckSame(stats, StatsDef(other), (other->header.flags & QUALIFICATION_HAS_AS_OF) != 0, other->as_of,
			  "qualification_merge");
	stats = StatsMakeRoom(stats);
	for (int32 i = 0; i < other->slots; i++)
	{
		const QualificationCell *cell = &StatsCells(other)[i];

		CHECK_FOR_INTERRUPTS();
		if (cell->leads > 0)
			stats = StatsAdd(stats, cell->failed, cell->unknown, cell->leads, cell->overdue);
	}
	Assert(StatsBroken(stats) == NULL);
	PG_RETURN_POINTER(stats);
}

/* qualification_stats_final(qualification_stats): sorted, in a copy; the aggregate may go on */
Datum
qualification_stats_final(PG_FUNCTION_ARGS)
{
	QualificationStats *stats = QualificationStatsFromDatum(PG_GETARG_DATUM(0));

	Assert(StatsBroken(stats) == NULL);
	PG_RETURN_POINTER(stats);
}

STATE_COMBINE(qualification_stats_combine_two, qualification_stats_combine, qualification_stats_final)
