/*
 * survival_spells.h
 *		What survival_state and incidence_state hold: a multiset of spells, times
 *		that subjects were watched for and how each ended.
 */
#ifndef REVOPS_SURVIVAL_SPELLS_H
#define REVOPS_SURVIVAL_SPELLS_H

#include "lib/stringinfo.h"

#include "base/json_tree.h"
#include "base/state.h"
#include "base/wire.h"

#define SPELL_CENSORED	0		/* still going on when last seen */
#define SPELL_EVENT		1		/* survival's one kind of ending */
#define SPELL_CAUSES	1000	/* most kinds of ending in one state */
#define SPELL_SUBJECTS	((INT64CONST(1) << 48) - 1)	/* most subjects in one state */

/*
 * Equal spells are counted. Watching starts at `entry` (a subject with entry 0
 * is at risk from the very start, one with a later entry only after it) and
 * ends at `duration`, both in the caller's unit.
 */
typedef struct Spell
{
	double		duration;
	double		entry;
	uint64		cause:16;		/* SPELL_CENSORED, or from 1 */
	uint64		count:48;
} Spell;

/*
 * The first `sorted` spells are in order and all different, the rest are as
 * they came. Causes' names stand between this struct and the spells.
 */
typedef struct SpellState
{
	StateHeader header;
	int64		subjects;		/* sum of all counts */
	int32		spells;
	int32		sorted;
	int32		causes;			/* named ones: 0 in a survival_state */
	int32		names_room;		/* bytes kept for names, a multiple of 8 */
	int32		names_used;
	int32		unused;
} SpellState;

/* One name: its length, its bytes, up to the next multiple of 4. */
typedef struct SpellName
{
	int32		length;
	char		bytes[FLEXIBLE_ARRAY_MEMBER];
} SpellName;

static inline Spell *
SpellStateSpells(const SpellState *state)
{
	return (Spell *) ((char *) state + sizeof(SpellState) + state->names_room);
}

extern SpellState *SpellStateCreate(uint16 version);
extern SpellState *SpellStateAdd(SpellState *state, const Spell *spell, const char *type_name);
extern SpellState *SpellStateFindCause(SpellState *state, const char *name, int length,
									   const char *type_name, int *cause);
extern SpellState *SpellStateMerge(SpellState *state, const SpellState *other,
								   const char *type_name);
extern SpellState *SpellStateCanonical(SpellState *state, const char *type_name);
extern SpellState *SpellStateFromDatum(Datum value, uint16 version, const char *type_name);
extern const SpellName **SpellStateNames(const SpellState *state);

extern double CheckDuration(double value, const char *what);
extern void SpellCheckTimes(double *entry, double *duration);
extern SpellState *SpellStateReadJson(SpellState *state, const JsonNode *list, int cause,
									  bool entries, const char *type_name);
extern void SpellStatePutJson(StringInfo text, const SpellState *state, int cause);
extern SpellState *SpellStateReadWire(SpellState *state, WireReader *reader, int causes,
									  bool entries);
extern void SpellStatePutWire(StringInfo buffer, const SpellState *state, bool entries);

#endif							/* REVOPS_SURVIVAL_SPELLS_H */
