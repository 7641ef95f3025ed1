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

/* The context of calls by StateCombine, which hands in a state of its own. */
static Node combining = {T_Invalid};

/*
 * The memory that lives as long as the running aggregate; an error for a call
 * from plain SQL, which must not get at a state that is changed in place.
 */
MemoryContext
AggregateContext(FunctionCallInfo fcinfo, const char *function)
{
	MemoryContext context;

	if (fcinfo->context == &combining)
		return CurrentMemoryContext;
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
 * Calls an aggregate's function outside of it. A NULL argument is given as `isnull`;
 * the functions give a value for what they are called with here.
 */
static Datum
CallInAggregate(PGFunction function, int arguments, NullableDatum first, NullableDatum second)
{
	LOCAL_FCINFO(call, 2);

	InitFunctionCallInfoData(*call, NULL, arguments, InvalidOid, &combining, NULL);
	call->args[0] = first;
	call->args[1] = second;
	return function(call);
}

/*
 * Two states merged: what a merge aggregate gives for two rows. NULL adds nothing;
 * NULL of two NULLs. The first is merged into an empty state, so that it is
 * checked and copied, and no stored value is changed in place.
 */
Datum
StateCombine(FunctionCallInfo fcinfo, PGFunction combine, PGFunction final)
{
	NullableDatum none = {.isnull = true};
	NullableDatum state = none;

	for (int i = 0; i < 2; i++)
	{
		if (PG_ARGISNULL(i))
			continue;
		state.value = CallInAggregate(combine, 2, state, fcinfo->args[i]);
		state.isnull = false;
	}
	if (state.isnull)
		PG_RETURN_NULL();
	if (final != NULL)
		state.value = CallInAggregate(final, 1, state, none);
	PG_RETURN_DATUM(state.value);
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
