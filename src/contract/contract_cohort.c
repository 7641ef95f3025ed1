/*
 * contract_cohort.c
 *		cohort_matrix: of each cohort, period by period, who is still there and
 *		what they pay. A cohort takes one block of cells, as long as it is old;
 *		future cells do not exist, so that youth never shows as 0 %.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "base/compat.h"
#include "contract/contract.h"

#define COHORT_VERSION 1

#define FIRST_SLOTS 16

/* More would not fit in a value, at 56 bytes each and twice as much while it grows. */
#define MOST_CELLS	10000000

PG_FUNCTION_INFO_V1(cohort_matrix_in);
PG_FUNCTION_INFO_V1(cohort_matrix_out);
PG_FUNCTION_INFO_V1(cohort_matrix_recv);
PG_FUNCTION_INFO_V1(cohort_matrix_send);

/*
 * After the struct: a directory, which is a hash table with open addressing,
 * never more than half full; the cells, in blocks, in the order in which the
 * cohorts came; a WideArea.
 *
 * The first cell of a block has the customers of the cohort and their mrr_start,
 * cell 1 + p the period p after it.
 */
typedef struct CohortSlot
{
	int64		period;
	int32		first_cell;		/* from 1; 0: free */
	int32		unused;
} CohortSlot;

/* Without sums in a matrix of dates. */
typedef struct Cell
{
	int64		count;			/* active; of a block's first, the customers */
	DecimalSum	sum[2];			/* mrr and mrr_kept; of a block's first, mrr_start */
} Cell;

#define SUM_MRR			0
#define SUM_KEPT		1
#define SUM_START		0		/* of a block's first cell */

static inline bool
OfDates(const CohortMatrix *matrix)
{
	return (matrix->header.flags & COHORT_OF_DATES) != 0;
}

static inline Size
CellSize(const CohortMatrix *matrix)
{
	return OfDates(matrix) ? sizeof(int64) : sizeof(Cell);
}

static inline CohortSlot *
Directory(const CohortMatrix *matrix)
{
	return (CohortSlot *) ((char *) matrix + sizeof(CohortMatrix));
}

static inline char *
CellsStart(const CohortMatrix *matrix)
{
	return (char *) (Directory(matrix) + matrix->slots);
}

static inline Cell *
CellAt(const CohortMatrix *matrix, int index)
{
	return (Cell *) (CellsStart(matrix) + (Size) index * CellSize(matrix));
}

static inline Size
FixedSize(const CohortMatrix *matrix)
{
	return (char *) CellAt(matrix, matrix->cells) - (char *) matrix;
}

/* Bytes in use; the rest is spare room of an aggregate. */
static Size
CohortSize(const CohortMatrix *matrix)
{
	return FixedSize(matrix) + matrix->wide_bytes;
}

/* The period that holds as_of, the last of every cohort. */
static int64
LastPeriod(const CohortMatrix *matrix)
{
	return PeriodOf((Grain) matrix->grain, matrix->as_of);
}

/* An empty matrix in the current context; as_of finite. */
CohortMatrix *
CohortCreate(Grain grain, DateADT as_of, bool of_dates)
{
	CohortMatrix *matrix = StateCreate(sizeof(CohortMatrix) + FIRST_SLOTS * sizeof(CohortSlot),
									   COHORT_VERSION);

	matrix->header.flags = of_dates ? COHORT_OF_DATES : 0;
	matrix->grain = grain;
	matrix->as_of = as_of;
	matrix->slots = FIRST_SLOTS;
	return matrix;
}

CohortMatrix *
CohortFromDatum(Datum value)
{
	return StateFromDatum(value, COHORT_VERSION, sizeof(CohortMatrix), "cohort_matrix");
}

/* The slot of a cohort, or the free one where it would go. */
static CohortSlot *
FindSlot(const CohortMatrix *matrix, int64 period)
{
	CohortSlot *directory = Directory(matrix);
	uint32		mask = matrix->slots - 1;
	uint32		at = (uint32) period & mask;

	while (directory[at].first_cell != 0 && directory[at].period != period)
		at = (at + 1) & mask;
	return &directory[at];
}

/* The matrix with a directory of twice the slots. */
static CohortMatrix *
WidenDirectory(CohortMatrix *matrix)
{
	int32		old_slots = matrix->slots;
	Size		more = old_slots * sizeof(CohortSlot);
	Size		used = CohortSize(matrix);
	CohortSlot *old = palloc(more);
	Size		behind = used - sizeof(CohortMatrix) - more;

	memcpy(old, Directory(matrix), more);
	matrix = StateReserve(matrix, used, more, "cohort_matrix");
	memmove(CellsStart(matrix) + more, CellsStart(matrix), behind);
	matrix->slots = old_slots * 2;
	memset(Directory(matrix), 0, 2 * more);
	for (int i = 0; i < old_slots; i++)
		if (old[i].first_cell != 0)
			*FindSlot(matrix, old[i].period) = old[i];
	return matrix;
}

/*
 * The index of a cohort's first cell, made where there is none yet. The matrix
 * may become a larger one in the current context.
 */
static int
CohortBlock(CohortMatrix **matrix, int64 period)
{
	CohortSlot *slot = FindSlot(*matrix, period);
	int64		cells = LastPeriod(*matrix) - period + 2;
	Size		more;
	char	   *end;

	if (slot->first_cell != 0)
		return slot->first_cell - 1;
	if (cells > MOST_CELLS - (*matrix)->cells)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d cells in one cohort_matrix", MOST_CELLS),
				 errdetail("The cohort of %s would have " INT64_FORMAT " cells by %s until %s.",
						   DateText(PeriodDate((Grain) (*matrix)->grain, period)), cells,
						   GrainName((Grain) (*matrix)->grain), DateText((*matrix)->as_of)),
				 errhint("Take a coarser grain, or check that first day.")));
	if ((*matrix)->cohorts * 2 >= (*matrix)->slots)
		*matrix = WidenDirectory(*matrix);
	more = (Size) cells * CellSize(*matrix);
	*matrix = StateReserve(*matrix, CohortSize(*matrix), more, "cohort_matrix");
	end = (char *) *matrix + FixedSize(*matrix);
	memmove(end + more, end, (*matrix)->wide_bytes);
	memset(end, 0, more);
	slot = FindSlot(*matrix, period);
	slot->period = period;
	slot->first_cell = (*matrix)->cells + 1;
	(*matrix)->cells += (int32) cells;
	(*matrix)->cohorts++;
	return slot->first_cell - 1;
}

static void
CellAdd(CohortMatrix *matrix, int cell, int sum, const Money *more, WideList *wide)
{
	SumAdd(&CellAt(matrix, cell)->sum[sum], cell * 2 + sum, more, wide);
}

static Money
CellSum(const CohortMatrix *matrix, int cell, int sum)
{
	return MoneyFromSum(&CellAt(matrix, cell)->sum[sum],
						WideGet((char *) matrix + FixedSize(matrix), matrix->wide_bytes,
								cell * 2 + sum));
}

/* The matrix with the list's amounts in its WideArea: itself, or a copy. */
static CohortMatrix *
KeepWide(CohortMatrix *matrix, WideList *wide)
{
	Size		fixed = FixedSize(matrix);
	Size		bytes;
	char	   *area;

	if (wide->count == 0)
		return matrix;
	WideListArea(wide, (char *) matrix + fixed, matrix->wide_bytes);
	area = WideAreaBuild(wide, &bytes);
	matrix = StateReserve(matrix, fixed, bytes, "cohort_matrix");
	memcpy((char *) matrix + fixed, area, bytes);
	matrix->wide_bytes = bytes;
	return matrix;
}

/*
 * Adds one customer: the total of the contracts known by as_of. Its cohort is the
 * period of its first day with a total above 0. Returns the matrix, or a larger
 * one in the current context. Work: the customer's changes and the cells in which
 * it is active.
 */
CohortMatrix *
CohortAddTimeline(CohortMatrix *matrix, const Timeline *timeline)
{
	Grain		grain = (Grain) matrix->grain;
	const TimelinePoint *points = timeline->points;
	const Money *start;
	WideList	wide = {0};
	int64		period;
	int64		last;
	int			block;
	int			known = timeline->count;
	int			first = 0;
	int			next;

	/* changes after as_of are still to come, and who pays nothing is no customer yet */
	while (known > 0 && points[known - 1].day > matrix->as_of)
		known--;
	while (first < known && MoneySign(&points[first].total) == 0)
		first++;
	if (first == known)
		return matrix;
	start = &points[first].total;
	period = PeriodOf(grain, points[first].day);
	last = LastPeriod(matrix) - period;
	block = CohortBlock(&matrix, period);
	CountAdd(&CellAt(matrix, block)->count, 1, "customers in one cohort");
	CellAdd(matrix, block, SUM_START, start, &wide);
	for (int at = first; at < known; at = next)
	{
		int64		from = PeriodOf(grain, points[at].day) - period;
		int64		until = last + 1;
		const TimelinePoint *now;
		const Money *kept;

		/* of the changes in one period the last is read */
		for (next = at + 1; next < known; next++)
		{
			until = PeriodOf(grain, points[next].day) - period;
			if (until > from)
				break;
		}
		if (next == known)
			until = last + 1;
		now = &points[next - 1];
		if (MoneySign(&now->total) == 0)
			continue;
		kept = MoneyLeast(start, &now->total);
		for (int64 p = from; p < until; p++)
		{
			int			cell = block + 1 + (int) p;

			CHECK_FOR_INTERRUPTS();
			CountAdd(&CellAt(matrix, cell)->count, 1, "customers in one cohort");
			CellAdd(matrix, cell, SUM_MRR, &now->total, &wide);
			CellAdd(matrix, cell, SUM_KEPT, kept, &wide);
		}
	}
	return KeepWide(matrix, &wide);
}

static int
CompareDays(const void *left, const void *right)
{
	DateADT		a = *(const DateADT *) left;
	DateADT		b = *(const DateADT *) right;

	return a < b ? -1 : a > b;
}

/*
 * Adds one customer by the finite days on which he was active, in any order;
 * they are sorted in place. Days after as_of are still to come.
 */
CohortMatrix *
CohortAddDays(CohortMatrix *matrix, DateADT *days, int count)
{
	Grain		grain = (Grain) matrix->grain;
	int64		period;
	int64		before;
	int			block;

	qsort(days, count, sizeof(DateADT), CompareDays);
	if (count == 0 || days[0] > matrix->as_of)
		return matrix;
	period = PeriodOf(grain, days[0]);
	before = period - 1;
	block = CohortBlock(&matrix, period);
	CountAdd(&CellAt(matrix, block)->count, 1, "customers in one cohort");
	for (int i = 0; i < count && days[i] <= matrix->as_of; i++)
	{
		int64		now = PeriodOf(grain, days[i]);

		CHECK_FOR_INTERRUPTS();
		if (now != before)
			CountAdd(&CellAt(matrix, block + 1 + (int) (now - period))->count, 1, "customers in one cohort");
		before = now;
	}
	return matrix;
}

static int
CompareSlots(const void *left, const void *right)
{
	int64		a = ((const CohortSlot *) left)->period;
	int64		b = ((const CohortSlot *) right)->period;

	return a < b ? -1 : a > b;
}

/* The slots in use, by cohort, in the current context. */
static CohortSlot *
SortedSlots(const CohortMatrix *matrix)
{
	CohortSlot *slots = palloc(Max(matrix->cohorts, 1) * sizeof(CohortSlot));
	int			count = 0;

	for (int i = 0; i < matrix->slots; i++)
		if (Directory(matrix)[i].first_cell != 0)
			slots[count++] = Directory(matrix)[i];
	qsort(slots, count, sizeof(CohortSlot), CompareSlots);
	return slots;
}

/*
 * Adds another matrix; an error when it asks something else. Returns the first,
 * changed in place, or a larger one.
 */
CohortMatrix *
CohortMerge(CohortMatrix *matrix, const CohortMatrix *other)
{
	CohortSlot *slots = SortedSlots(other);
	const char *other_area = (const char *) other + FixedSize(other);
	WideList	wide = {0};

	if (matrix->header.flags != other->header.flags || matrix->grain != other->grain ||
		matrix->as_of != other->as_of)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("values of type cohort_matrix that ask different things do not merge"),
				 errdetail("One is of %s by %s as of %s, the other of %s by %s as of %s.",
						   OfDates(matrix) ? "dates" : "contracts",
						   GrainName((Grain) matrix->grain), DateText(matrix->as_of),
						   OfDates(other) ? "dates" : "contracts",
						   GrainName((Grain) other->grain), DateText(other->as_of)),
				 errhint("Make both with the same grain and as_of, over the same kind of input.")));
	for (int i = 0; i < other->cohorts; i++)
	{
		int			block = CohortBlock(&matrix, slots[i].period);
		int			from = slots[i].first_cell - 1;
		int			cells = (int) (LastPeriod(matrix) - slots[i].period + 2);

		for (int k = 0; k < cells; k++)
		{
			CHECK_FOR_INTERRUPTS();
			CountAdd(&CellAt(matrix, block + k)->count, CellAt(other, from + k)->count, "customers in one cohort");
			for (int s = 0; s < 2 && !OfDates(other); s++)
			{
				Money		more = MoneyFromSum(&CellAt(other, from + k)->sum[s], NULL);
				Numeric		rest = WideGet(other_area, other->wide_bytes, (from + k) * 2 + s);

				CellAdd(matrix, block + k, s, &more, &wide);
				if (rest != NULL)
				{
					more.wide = rest;
					CellAdd(matrix, block + k, s, &more, &wide);
				}
			}
		}
	}
	return KeepWide(matrix, &wide);
}

/*
 * The same matrix as it is when its cohorts come by period and each sum at once:
 * equal matrices are equal bytes. A copy in the current context.
 */
CohortMatrix *
CohortCanonical(const CohortMatrix *matrix)
{
	CohortSlot *slots = SortedSlots(matrix);
	CohortMatrix *result = CohortCreate((Grain) matrix->grain, matrix->as_of, OfDates(matrix));
	WideList	wide = {0};

	for (int i = 0; i < matrix->cohorts; i++)
	{
		int			block = CohortBlock(&result, slots[i].period);
		int			from = slots[i].first_cell - 1;
		int			cells = (int) (LastPeriod(matrix) - slots[i].period + 2);

		for (int k = 0; k < cells; k++)
		{
			CHECK_FOR_INTERRUPTS();
			if (OfDates(matrix))
				CellAt(result, block + k)->count = CellAt(matrix, from + k)->count;
			else
				memcpy(CellAt(result, block + k), CellAt(matrix, from + k), sizeof(Cell));
			for (int s = 0; s < 2 && !OfDates(matrix); s++)
			{
				DecimalSum *sum = &CellAt(result, block + k)->sum[s];

				if (matrix->wide_bytes > 0)
				{
					Money		total = CellSum(matrix, from + k, s);

					if (total.wide != NULL)
						total = MoneyFromNumeric((struct varlena *) total.wide);
					memset(sum, 0, sizeof(*sum));
					CellAdd(result, block + k, s, &total, &wide);
				}
				DecimalSumNormalize(sum);
			}
		}
	}
	result = KeepWide(result, &wide);
	return StateTrim(result, CohortSize(result));
}

/*
 * The cells, by cohort and period, dense for each cohort that has a customer. In
 * the current context. Without money for a matrix of dates.
 */
CohortCell *
CohortCells(const CohortMatrix *matrix, int *count)
{
	Grain		grain = (Grain) matrix->grain;
	CohortSlot *slots = SortedSlots(matrix);
	CohortCell *cells = palloc_extended(Max(matrix->cells, 1) * sizeof(CohortCell),
										MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int64		last = LastPeriod(matrix);
	bool		last_observed = PeriodFirstDay(grain, last + 1) - 1 == matrix->as_of;
	int			found = 0;

	for (int i = 0; i < matrix->cohorts; i++)
	{
		int			block = slots[i].first_cell - 1;
		Money		start = {0};

		if (!OfDates(matrix))
			start = CellSum(matrix, block, SUM_START);
		for (int p = 0; p <= last - slots[i].period; p++)
		{
			CohortCell *cell = &cells[found++];

			CHECK_FOR_INTERRUPTS();
			cell->period = slots[i].period;
			cell->index = p;
			cell->observed = slots[i].period + p < last || last_observed;
			cell->customers = CellAt(matrix, block)->count;
			cell->active = CellAt(matrix, block + 1 + p)->count;
			if (!OfDates(matrix))
			{
				cell->mrr_start = start;
				cell->mrr = CellSum(matrix, block + 1 + p, SUM_MRR);
				cell->mrr_kept = CellSum(matrix, block + 1 + p, SUM_KEPT);
			}
		}
	}
	*count = found;
	return cells;
}

/*
 * A new cohort of a matrix that is read in, whose customers and cells follow.
 * False when it does not stand behind those before, or lies after as_of.
 */
static bool
AppendCohort(CohortMatrix **matrix, DateADT day, int64 *before, int *block)
{
	Grain		grain = (Grain) (*matrix)->grain;
	int64		period = PeriodOf(grain, day);

	if (period <= *before || period > LastPeriod(*matrix) || PeriodFirstDay(grain, period) != day)
		return false;
	*before = period;
	*block = CohortBlock(matrix, period);
	return true;
}

/* The rules that hold for a cohort; NULL, or which one is broken. */
static const char *
CohortBroken(const CohortMatrix *matrix, int block, int cells)
{
	int64		customers = CellAt(matrix, block)->count;

	if (customers < 1)
		return "A cohort must have a customer.";
	for (int k = 1; k < cells; k++)
		if (CellAt(matrix, block + k)->count < 0 || CellAt(matrix, block + k)->count > customers)
			return "More customers are active than the cohort has.";
	return NULL;
}

static const char *const kind_names[] = {"contracts", "dates"};
static const char *const sum_keys[] = {"mrr", "mrr_kept"};

/*
 * cohort_matrix_in(cstring): reads {"of": "contracts", "grain": "month", "as_of": "2025-06-30",
 * "cohorts": [{"cohort": "2025-05-01", "customers": 2, "active": [2, 1], "mrr_start": 200,
 * "mrr": [200, 150], "mrr_kept": [200, 100]}]}
 */
Datum
cohort_matrix_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"of", "grain", "as_of", "cohorts"};
	static const char *const cohort_keys[] = {
		"cohort", "customers", "active", "mrr_start", "mrr", "mrr_kept"
	};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "cohort_matrix");
	JsonNode   *list;
	CohortMatrix *matrix;
	WideList	wide = {0};
	int64		before = PG_INT64_MIN;
	Grain		grain;
	bool		of_dates;

	JsonAllowKeys(root, keys, lengthof(keys));
	of_dates = JsonGetChoice(JsonRequire(root, "of"), kind_names, lengthof(kind_names)) == 1;
	grain = (Grain) JsonGetChoice(JsonRequire(root, "grain"), grain_names, GRAIN_LAST + 1);
	list = JsonRequire(root, "cohorts");
	JsonExpect(list, JSON_KIND_ARRAY);
	matrix = CohortCreate(grain, JsonGetDate(JsonRequire(root, "as_of")), of_dates);
	for (int i = 0; i < list->count; i++)
	{
		JsonNode   *node = list->items[i];
		JsonNode   *active;
		int64		cells;
		DateADT		day;
		int			block;
		const char *broken;

		JsonAllowKeys(node, cohort_keys, of_dates ? 3 : lengthof(cohort_keys));
		day = JsonGetDate(JsonRequire(node, "cohort"));
		active = JsonRequire(node, "active");
		JsonExpect(active, JSON_KIND_ARRAY);
		cells = LastPeriod(matrix) - PeriodOf(grain, day) + 1;
		if (active->count != cells)
			JsonInvalid(active, NULL, "It has %d values for " INT64_FORMAT " periods.",
						active->count, cells);
		if (!AppendCohort(&matrix, day, &before, &block))
			JsonInvalid(node, "Cohorts stand by date, each the first day of a period up to as_of.",
						"The cohort %s does not belong here.", DateText(day));
		CellAt(matrix, block)->count = JsonGetInt(JsonRequire(node, "customers"), 1, PG_INT64_MAX);
		for (int p = 0; p < active->count; p++)
			CellAt(matrix, block + 1 + p)->count = JsonGetInt(active->items[p], 0, PG_INT64_MAX);
		if ((broken = CohortBroken(matrix, block, (int) cells + 1)) != NULL)
			JsonInvalid(node, NULL, "%s", broken);
		for (int s = -1; s < 2 && !of_dates; s++)
		{
			JsonNode   *sums = JsonRequire(node, s < 0 ? "mrr_start" : sum_keys[s]);

			if (s >= 0)
			{
				JsonExpect(sums, JSON_KIND_ARRAY);
				if (sums->count != cells)
					JsonInvalid(sums, NULL, "It has %d values for " INT64_FORMAT " periods.",
								sums->count, cells);
			}
			for (int p = 0; p < (s < 0 ? 1 : cells); p++)
			{
				JsonNode   *item = s < 0 ? sums : sums->items[p];
				Money		sum = MoneyFromNumeric((struct varlena *) JsonGetNumeric(item));

				CHECK_FOR_INTERRUPTS();
				if (MoneySign(&sum) < 0)
					JsonInvalid(item, NULL, "It must not be negative.");
				CellAdd(matrix, s < 0 ? block : block + 1 + p, s < 0 ? SUM_START : s, &sum, &wide);
			}
		}
	}
	matrix = KeepWide(matrix, &wide);
	PG_RETURN_POINTER(StateTrim(matrix, CohortSize(matrix)));
}

/* cohort_matrix_out(cohort_matrix): the same text for equal values */
Datum
cohort_matrix_out(PG_FUNCTION_ARGS)
{
	CohortMatrix *matrix = CohortFromDatum(PG_GETARG_DATUM(0));
	Grain		grain = (Grain) matrix->grain;
	CohortSlot *slots = SortedSlots(matrix);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "{\"of\": \"%s\", \"grain\": \"%s\", \"as_of\": ",
					 OfDates(matrix) ? "dates" : "contracts", GrainName(grain));
	JsonPutDate(&text, matrix->as_of);
	appendStringInfoString(&text, ", \"cohorts\": [");
	for (int i = 0; i < matrix->cohorts; i++)
	{
		int			block = slots[i].first_cell - 1;
		int			periods = (int) (LastPeriod(matrix) - slots[i].period + 1);

		appendStringInfoString(&text, i == 0 ? "{\"cohort\": " : ", {\"cohort\": ");
		JsonPutDate(&text, PeriodDate(grain, slots[i].period));
		appendStringInfo(&text, ", \"customers\": " INT64_FORMAT ", \"active\": [",
						 CellAt(matrix, block)->count);
		for (int p = 0; p < periods; p++)
			appendStringInfo(&text, "%s" INT64_FORMAT, p == 0 ? "" : ", ",
							 CellAt(matrix, block + 1 + p)->count);
		appendStringInfoChar(&text, ']');
		for (int s = -1; s < 2 && !OfDates(matrix); s++)
		{
			appendStringInfo(&text, ", \"%s\": %s", s < 0 ? "mrr_start" : sum_keys[s],
							 s < 0 ? "" : "[");
			for (int p = 0; p < (s < 0 ? 1 : periods); p++)
			{
				Money		sum = s < 0 ? CellSum(matrix, block, SUM_START) :
					CellSum(matrix, block + 1 + p, s);

				CHECK_FOR_INTERRUPTS();
				appendStringInfo(&text, "%s%s", p == 0 ? "" : ", ",
								 NumericToText(MoneyToNumeric(&sum)));
			}
			if (s >= 0)
				appendStringInfoChar(&text, ']');
		}
		appendStringInfoChar(&text, '}');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

/* Least bytes of a cohort in binary form: date, customers, one cell. */
#define WIRE_COHORT_BYTES	20

Datum
cohort_matrix_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), COHORT_VERSION,
									   "cohort_matrix");
	uint8		flags = WireGetByte(&reader);
	uint8		grain = WireGetByte(&reader);
	DateADT		as_of = WireGetInt(&reader);
	int64		before = PG_INT64_MIN;
	WideList	wide = {0};
	CohortMatrix *matrix;
	int			cohorts;

	if ((flags & ~COHORT_OF_DATES) || grain > GRAIN_LAST || !IS_VALID_DATE(as_of))
		WireCorrupt(&reader, "It asks for flags %u, grain %u, as_of %d.", flags, grain, as_of);
	cohorts = WireGetCount(&reader, "cohorts", PG_INT32_MAX, WIRE_COHORT_BYTES);
	matrix = CohortCreate((Grain) grain, as_of, (flags & COHORT_OF_DATES) != 0);
	for (int i = 0; i < cohorts; i++)
	{
		DateADT		day = WireGetInt(&reader);
		int64		customers = WireGetInt64(&reader);
		int			cells = WireGetCount(&reader, "cells", PG_INT32_MAX, sizeof(int64)) + 1;
		const char *broken;
		int			block;

		if (!IS_VALID_DATE(day) || LastPeriod(matrix) - PeriodOf((Grain) grain, day) + 2 != cells ||
			!AppendCohort(&matrix, day, &before, &block))
			WireCorrupt(&reader, "Cohort %d does not belong here.", i + 1);
		CellAt(matrix, block)->count = customers;
		for (int k = 1; k < cells; k++)
			CellAt(matrix, block + k)->count = WireGetInt64(&reader);
		if ((broken = CohortBroken(matrix, block, cells)) != NULL)
			WireCorrupt(&reader, "%s", broken);
		for (int k = 0; k < cells && !OfDates(matrix); k++)
			for (int s = 0; s < (k == 0 ? 1 : 2); s++)
			{
				Numeric		amount = CheckFiniteNumeric(WireGetNumeric(&reader), "a sum");
				Money		sum = MoneyFromNumeric((struct varlena *) amount);

				CHECK_FOR_INTERRUPTS();
				if (MoneySign(&sum) < 0)
					WireCorrupt(&reader, "A sum is negative.");
				CellAdd(matrix, block + k, s, &sum, &wide);
			}
	}
	WireEnd(&reader);
	matrix = KeepWide(matrix, &wide);
	PG_RETURN_POINTER(StateTrim(matrix, CohortSize(matrix)));
}

Datum
cohort_matrix_send(PG_FUNCTION_ARGS)
{
	CohortMatrix *matrix = CohortFromDatum(PG_GETARG_DATUM(0));
	CohortSlot *slots = SortedSlots(matrix);
	StringInfoData buffer;

	WireBeginSend(&buffer, COHORT_VERSION);
	WirePutByte(&buffer, matrix->header.flags);
	WirePutByte(&buffer, matrix->grain);
	WirePutInt(&buffer, matrix->as_of);
	WirePutInt(&buffer, matrix->cohorts);
	for (int i = 0; i < matrix->cohorts; i++)
	{
		int			block = slots[i].first_cell - 1;
		int			cells = (int) (LastPeriod(matrix) - slots[i].period + 2);

		WirePutInt(&buffer, PeriodDate((Grain) matrix->grain, slots[i].period));
		WirePutInt64(&buffer, CellAt(matrix, block)->count);
		WirePutInt(&buffer, cells - 1);
		for (int k = 1; k < cells; k++)
			WirePutInt64(&buffer, CellAt(matrix, block + k)->count);
		for (int k = 0; k < cells && !OfDates(matrix); k++)
			for (int s = 0; s < (k == 0 ? 1 : 2); s++)
			{
				Money		sum = CellSum(matrix, block + k, s);

				CHECK_FOR_INTERRUPTS();
				WirePutNumeric(&buffer, MoneyToNumeric(&sum));
			}
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}
