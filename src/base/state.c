/*
 * state.c
 *		How states live: see state.h.
 *
 * PostgreSQL copies a transition value whenever the transition function returns
 * another pointer, and frees the old one itself. So a state is made in the short
 * context, where the copied one goes away with the row; one that is full is
 * rebuilt there, twice as large, and its spare room counts as part of the value
 * until the final function trims it.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/compat.h"
#include "base/state.h"

/*
 * The memory that lives as long as the running aggregate; an error for a call
 * from plain SQL, which must not get at a state that is changed in place.
 */
MemoryContext
AggregateContext(FunctionCallInfo fcinfo, const char *function)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s can only be called by an aggregate", function),
				 errhint("Use the aggregate function itself.")));
	return context;
}

/*
 * A zeroed state of so many bytes in the current context.
 */
void *
StateCreate(Size size, uint16 version)
{
	StateHeader *state = palloc0(size);

	SET_VARSIZE(state, size);
	state->version = version;
	return state;
}

/*
 * The state with room for `extra` bytes behind the first `used`: the same
 * pointer while there is room, otherwise a copy of at least twice the size in
 * the current context, whose new bytes are zero.
 */
void *
StateReserve(void *state, Size used, Size extra, const char *type_name)
{
	Size		capacity = VARSIZE(state);
	Size		needed = used + extra;
	StateHeader *larger;

	if (needed <= capacity)
		return state;
	if (needed > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one %s would need %zu bytes, more than the %zu that a value can have",
						type_name, needed, (Size) MaxAllocSize),
				 errhint("Group by something finer, or aggregate fewer rows at once.")));

	capacity = Max(needed, Min(capacity * 2, MaxAllocSize));
	larger = palloc(capacity);
	memcpy(larger, state, used);
	memset((char *) larger + used, 0, capacity - used);
	SET_VARSIZE(larger, capacity);
	return larger;
}

/*
 * A copy of a state without its spare room, in the current context; the state
 * itself where it has none. The state in the aggregate stays as it is.
 */
void *
StateTrim(void *state, Size used)
{
	void	   *trimmed;

	if (VARSIZE(state) == used)
		return state;
	trimmed = palloc(used);
	memcpy(trimmed, state, used);
	SET_VARSIZE(trimmed, used);
	return trimmed;
}

/*
 * The state as it would be read back from its text: canonical, where its bytes may
 * depend on the order in which its parts came. Slow: for the states that hold sums
 * of more than 128 bits, which nobody meets.
 */
void *
StateRewrite(void *state, PGFunction output, PGFunction input)
{
	Datum		text = DirectFunctionCall1(output, PointerGetDatum(state));

	return DatumGetPointer(DirectFunctionCall3(input, text, ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}

/*
 * A stored state, detoasted and aligned, in the current context or in place,
 * for reading only. Its version and least size are checked, so that a value of
 * a newer revops is refused and not misread.
 */
void *
StateFromDatum(Datum value, uint16 version, Size least, const char *type_name)
{
	StateHeader *state = (StateHeader *) PG_DETOAST_DATUM(value);

	if (VARSIZE(state) < least || state->version != version)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("this value is not a %s that this version of revops reads", type_name),
				 errdetail("It has %zu bytes and format version %d; version %d is read.",
						   (Size) VARSIZE(state),
						   VARSIZE(state) < sizeof(StateHeader) ? 0 : state->version, version),
				 errhint("A newer revops may have written it: install that version.")));
	return state;
}
