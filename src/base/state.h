/*
 * state.h
 *		How states live: as flat varlena values, folded in place while they are
 *		in an aggregate, stored like any other value afterwards.
 *
 * Every state type is declared with ALIGNMENT = double and starts with
 * StateHeader. All bytes are defined, padding too (palloc0), so that equal
 * states are equal in bytes.
 */
#ifndef REVOPS_STATE_H
#define REVOPS_STATE_H

#include "fmgr.h"

#include "base/compat.h"

typedef struct StateHeader
{
	int32		vl_len_;		/* varlena header, do not touch directly */
	uint16		version;		/* of the format, per type, from 1 */
	uint16		flags;			/* the type's own */
} StateHeader;

extern MemoryContext AggregateContext(FunctionCallInfo fcinfo, const char *function);
extern void *StateCreate(Size size, uint16 version);
extern void *StateReserve(void *state, Size used, Size extra, const char *type_name);
extern void *StateTrim(void *state, Size used);
extern void *StateRewrite(void *state, PGFunction output, PGFunction input);
extern Datum StateCombine(FunctionCallInfo fcinfo, PGFunction combine, PGFunction final);
extern void *StateFromDatum(Datum value, uint16 version, Size least, const char *type_name);

/*
 * A transition function's own state needs no check and no copy: it was made by
 * StateCreate in this aggregate and is read and written in place. Only an
 * aggregate that a user has made over these functions can bring in a stored
 * value, packed or compressed, by another function of its own.
 */
#define PG_GETARG_STATE_IN_PLACE(n) StateInPlace(PG_GETARG_POINTER(n))

static inline void *
StateInPlace(Pointer state)
{
	if (unlikely(VARATT_IS_EXTENDED(state)))
		return PG_DETOAST_DATUM(PointerGetDatum(state));
	return state;
}

/* A row, or another state, that adds nothing: the state stays, NULL too. */
#define PG_RETURN_STATE_AS_IT_IS() \
	do { \
		if (PG_ARGISNULL(0)) \
			PG_RETURN_NULL(); \
		PG_RETURN_DATUM(PG_GETARG_DATUM(0)); \
	} while (0)

/*
 * NAME(state, state), which SQL calls: what the merge aggregate makes of the two, by
 * its combine function and its final one (NULL where it has none).
 */
#define STATE_COMBINE(name, combine, final) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	return StateCombine(fcinfo, combine, final); \
}

#endif							/* REVOPS_STATE_H */
