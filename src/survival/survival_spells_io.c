/*
 * survival_spells_io.c
 *		Spells as JSON and as bytes, for the four I/O functions of
 *		survival_state and incidence_state.
 */
#include "postgres.h"

#include <float.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "survival/survival_spells.h"

/*
 * Adds the spells of one cause from a JSON array whose items are
 * [duration, subjects], or [duration, subjects, entry] where the type has
 * entries. Returns the state, or a larger one.
 */
SpellState *
SpellStateReadJson(SpellState *state, const JsonNode *list, int cause, bool entries,
				   const char *type_name)
{
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		Spell		spell = {0};

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count < 2 || node->count > (entries ? 3 : 2))
			JsonInvalid(node, entries ? "A spell is [duration, subjects] or [duration, subjects, entry]." :
						"A spell is [duration, subjects].",
						"The array has %d items.", node->count);
		spell.duration = JsonGetFloat(node->items[0]);
		spell.count = JsonGetInt(node->items[1], 1, SPELL_SUBJECTS);
		spell.cause = cause;
		if (node->count == 3)
			spell.entry = JsonGetFloat(node->items[2]);
		if (spell.duration < 0 || spell.entry < 0)
			JsonInvalid(node, NULL, "A duration or entry is negative.");
		if (spell.entry > 0 && spell.entry >= spell.duration)
			JsonInvalid(node, NULL, "The entry %s does not lie before the duration %s.",
						node->items[2]->text, node->items[0]->text);
		state = SpellStateAdd(state, &spell, type_name);
	}
	return state;
}

/* Writes the spells of one cause of a canonical state as a JSON array. */
void
SpellStatePutJson(StringInfo text, const SpellState *state, int cause)
{
	const Spell *spells = SpellStateSpells(state);
	const char *separator = "";

	appendStringInfoChar(text, '[');
	for (int i = 0; i < state->spells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (spells[i].cause != cause)
			continue;
		appendStringInfo(text, "%s[", separator);
		JsonPutFloat(text, spells[i].duration);
		appendStringInfo(text, ", %llu", (unsigned long long) spells[i].count);
		if (spells[i].entry > 0)
		{
			appendStringInfoString(text, ", ");
			JsonPutFloat(text, spells[i].entry);
		}
		appendStringInfoChar(text, ']');
		separator = ", ";
	}
	appendStringInfoChar(text, ']');
}

/* Bytes of one spell in binary form. */
static inline int
WireSize(bool entries)
{
	return sizeof(double) + (entries ? sizeof(double) : 0) + sizeof(int32) + sizeof(int64);
}

/* Writes all spells of a canonical state, their number first. */
void
SpellStatePutWire(StringInfo buffer, const SpellState *state, bool entries)
{
	const Spell *spells = SpellStateSpells(state);

	WirePutInt(buffer, state->spells);
	for (int i = 0; i < state->spells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		WirePutFloat(buffer, spells[i].duration);
		if (entries)
			WirePutFloat(buffer, spells[i].entry);
		WirePutInt(buffer, spells[i].cause);
		WirePutInt64(buffer, spells[i].count);
	}
}

/*
 * Adds spells written by SpellStatePutWire, with causes 0 to `causes`. They may
 * come in any order. Returns the state, or a larger one.
 */
SpellState *
SpellStateReadWire(SpellState *state, WireReader *reader, int causes, bool entries)
{
	int			count = WireGetCount(reader, "spells", MaxAllocSize / sizeof(Spell),
									 WireSize(entries));

	for (int i = 0; i < count; i++)
	{
		Spell		spell = {0};
		int32		cause;
		int64		subjects;

		CHECK_FOR_INTERRUPTS();
		spell.duration = WireGetFloat(reader) + 0.0;
		if (entries)
			spell.entry = WireGetFloat(reader) + 0.0;
		cause = WireGetInt(reader);
		subjects = WireGetInt64(reader);
		/* written so that NaN fails */
		if (!(spell.duration >= 0 && spell.duration <= DBL_MAX && spell.entry >= 0 &&
			  (spell.entry == 0 || spell.entry < spell.duration)))
			WireCorrupt(reader, "Spell %d lasts from %g to %g.", i + 1, spell.entry, spell.duration);
		if (cause < 0 || cause > causes)
			WireCorrupt(reader, "Spell %d has cause %d; 0 to %d are known.", i + 1, cause, causes);
		if (subjects < 1 || subjects > SPELL_SUBJECTS)
			WireCorrupt(reader, "Spell %d has %lld subjects.", i + 1, (long long) subjects);
		spell.cause = cause;
		spell.count = subjects;
		state = SpellStateAdd(state, &spell, reader->type_name);
	}
	return state;
}
