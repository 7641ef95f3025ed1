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
#include "survival/survival_spell.h"

/*
 * The first `sorted` spells are in order and all different, the rest are as
 * they came. Causes' names stand between this struct and the spells.
 *
 * While rows come, and durations are whole numbers, a table can stand before the
 * spells: counts for each duration from 0 up to dense_durations - 1 and each cause up
 * to dense_causes - 1, from the very start. A state in its one form has none.
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
	uint16		dense_durations;	/* 0: none are */
	uint16		dense_causes;
} SpellState;

/* One name: its length, its bytes, up to the next multiple of 4. */
typedef struct SpellName
{
	int32		length;
	char		bytes[FLEXIBLE_ARRAY_MEMBER];
} SpellName;

static inline uint32 *
SpellStateDense(const SpellState *state)
{
	return (uint32 *) ((char *) state + sizeof(SpellState) + state->names_room);
}

/* Bytes of the table. */
static inline Size
SpellStateDenseSize(const SpellState *state)
{
	return MAXALIGN((Size) state->dense_durations * state->dense_causes * sizeof(uint32));
}

static inline Spell *
SpellStateSpells(const SpellState *state)
{
	return (Spell *) ((char *) SpellStateDense(state) + SpellStateDenseSize(state));
}

extern SpellState *SpellStateCreate(uint16 version);
extern SpellState *SpellStateAdd(SpellState *state, const Spell *spell, const char *type_name);
extern SpellState *SpellStateFindCause(SpellState *state, const char *name, int length,
									   const char *type_name, int *cause);
extern SpellState *SpellStateMerge(SpellState *state, SpellState *other, const char *type_name);
extern SpellState *SpellStatePlain(SpellState *state, const char *type_name);
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
