/*
 * row_set.c
 *		States that are a set of rows: see row_set.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/row_set.h"

typedef const void *RowPointer;

#define ST_SORT SortRows
#define ST_ELEMENT_TYPE RowPointer
#define ST_COMPARE(a, b, kind) (kind)->compare(*(a), *(b))
#define ST_COMPARE_ARG_TYPE const RowSetKind
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

RowSet *
RowSetCreate(const RowSetKind *kind)
{
	return StateCreate(sizeof(RowSet) + kind->room, kind->version);
}

/*
 * Makes room for a row of this size, counts it, and says where it begins; its bytes are
 * 0. Returns the set, or a larger one in the current context.
 */
RowSet *
RowSetReserve(RowSet *set, const RowSetKind *kind, Size size, void **row)
{
	set = StateReserve(set, sizeof(RowSet) + set->used, size, kind->type_name);
	*row = (char *) RowSetFirst(set) + set->used;
	set->used += size;
	set->rows++;
	return set;
}

/*
 * The one form of a set: sorted, each row once, no room to spare. The set itself where
 * it has this form, else a copy in the current context; the given set stays as it is.
 */
RowSet *
RowSetCanonical(RowSet *set, const RowSetKind *kind)
{
	RowPointer *rows;
	const char *row = RowSetFirst(set);
	RowSet	   *result;
	char	   *at;
	bool		in_order = VARSIZE(set) == sizeof(RowSet) + set->used;
	int			kept = 0;

	rows = palloc_extended(Max(1, set->rows) * sizeof(RowPointer), MCXT_ALLOC_HUGE);
	for (int i = 0; i < set->rows; i++, row += kind->size(row))
	{
		CHECK_FOR_INTERRUPTS();
		rows[i] = row;
		if (i > 0 && in_order)
			in_order = kind->compare(rows[i - 1], row) < 0;
	}
	if (in_order)
	{
		pfree(rows);
		return set;
	}

	SortRows(rows, set->rows, kind);
	result = palloc0(sizeof(RowSet) + set->used);
	result->header.version = kind->version;
	at = RowSetFirst(result);
	for (int i = 0; i < set->rows; i++)
	{
		Size		size = kind->size(rows[i]);

		/* the same row twice says no more than once */
		if (kept > 0 && kind->compare(rows[kept - 1], rows[i]) == 0)
			continue;
		rows[kept++] = rows[i];
		memcpy(at, rows[i], size);
		at += size;
	}
	result->rows = kept;
	result->used = at - (char *) RowSetFirst(result);
	SET_VARSIZE(result, sizeof(RowSet) + result->used);
	pfree(rows);
	return result;
}

/* A stored set, or a state of an aggregate, in its one form. */
RowSet *
RowSetFromDatum(Datum value, const RowSetKind *kind)
{
	return RowSetCanonical(StateFromDatum(value, kind->version, sizeof(RowSet), kind->type_name), kind);
}

/*
 * The combine function of a type: either argument may be NULL. The result is the first,
 * changed in place, or a new one. aggregate: named where it is called outside one.
 */
Datum
RowSetCombine(FunctionCallInfo fcinfo, const char *aggregate, const RowSetKind *kind)
{
	RowSet	   *set;
	RowSet	   *other;

	AggregateContext(fcinfo, aggregate);
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = StateFromDatum(PG_GETARG_DATUM(1), kind->version, sizeof(RowSet), kind->type_name);
	set = PG_ARGISNULL(0) ? RowSetCreate(kind) : PG_GETARG_STATE_IN_PLACE(0);
	set = StateReserve(set, sizeof(RowSet) + set->used, other->used, kind->type_name);
	memcpy((char *) RowSetFirst(set) + set->used, RowSetFirst(other), other->used);
	set->used += other->used;
	set->rows += other->rows;
	PG_RETURN_POINTER(set);
}
