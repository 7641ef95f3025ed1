/*
 * survival.c
 *		survival_state in SQL: its four forms, survival_agg and survival_merge.
 *		The curve that is read off a state is in survival_rows.c.
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/compat.h"
#include "survival/survival.h"

PG_FUNCTION_INFO_V1(survival_state_in);
PG_FUNCTION_INFO_V1(survival_state_out);
PG_FUNCTION_INFO_V1(survival_state_recv);
PG_FUNCTION_INFO_V1(survival_state_send);
PG_FUNCTION_INFO_V1(survival_state_add);
PG_FUNCTION_INFO_V1(survival_state_combine);
PG_FUNCTION_INFO_V1(survival_state_final);

/*
 * Adds one subject, watched from `entry` (0: from the start) to `duration`, with
 * the event at its end or still without. state: NULL at first. Returns it, or a
 * new one in the current context, as a transition function should.
 */
void *
SurvivalStateAdd(void *state, double entry, double duration, bool event)
{
	Spell		spell = {0};

	SpellCheckTimes(&entry, &duration);
	spell.duration = duration;
	spell.entry = entry;
	spell.cause = event ? SPELL_EVENT : SPELL_CENSORED;
	spell.count = 1;
	if (state == NULL)
		state = SpellStateCreate(SURVIVAL_STATE_VERSION);
	return SpellStateAdd(state, &spell, "survival_state");
}

/*
 * survival_state_in(cstring): reads {"events": [[3, 2], [5, 1, 1.5]], "censored": [[4, 1]]},
 * each [duration, subjects] or [duration, subjects, entry].
 */
Datum
survival_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"events", "censored"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "survival_state");
	SpellState *state = SpellStateCreate(SURVIVAL_STATE_VERSION);

	JsonAllowKeys(root, keys, lengthof(keys));
	state = SpellStateReadJson(state, JsonRequire(root, "events"), SPELL_EVENT, true,
							   "survival_state");
	state = SpellStateReadJson(state, JsonRequire(root, "censored"), SPELL_CENSORED, true,
							   "survival_state");
	PG_RETURN_POINTER(SpellStateCanonical(state, "survival_state"));
}

/* survival_state_out(survival_state): the same text for equal states */
Datum
survival_state_out(PG_FUNCTION_ARGS)
{
	SpellState *state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION,
											"survival_state");
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"events\": ");
	SpellStatePutJson(&text, state, SPELL_EVENT);
	appendStringInfoString(&text, ", \"censored\": ");
	SpellStatePutJson(&text, state, SPELL_CENSORED);
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

Datum
survival_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), SURVIVAL_STATE_VERSION,
									   "survival_state");
	SpellState *state = SpellStateCreate(SURVIVAL_STATE_VERSION);

	state = SpellStateReadWire(state, &reader, SPELL_EVENT, true);
	WireEnd(&reader);
	PG_RETURN_POINTER(SpellStateCanonical(state, "survival_state"));
}

Datum
survival_state_send(PG_FUNCTION_ARGS)
{
	SpellState *state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION,
											"survival_state");
	StringInfoData buffer;

	WireBeginSend(&buffer, SURVIVAL_STATE_VERSION);
	SpellStatePutWire(&buffer, state, true);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * survival_state_add(survival_state, duration float8, event boolean [, entry float8]):
 * a row without a duration or without an event says nothing and is skipped; no
 * entry means watched from the start.
 */
Datum
survival_state_add(PG_FUNCTION_ARGS)
{
	double		entry = 0;

	AggregateContext(fcinfo, "survival_agg");
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_STATE_AS_IT_IS();
	if (PG_NARGS() > 3 && !PG_ARGISNULL(3))
		entry = PG_GETARG_FLOAT8(3);
	PG_RETURN_POINTER(SurvivalStateAdd(PG_ARGISNULL(0) ? NULL : PG_GETARG_STATE_IN_PLACE(0),
									   entry, PG_GETARG_FLOAT8(1), PG_GETARG_BOOL(2)));
}

/*
 * survival_state_combine(survival_state, survival_state): either may be NULL.
 * The result is the first, changed in place, or a new one.
 */
Datum
survival_state_combine(PG_FUNCTION_ARGS)
{
	SpellState *state;
	SpellState *other;

	AggregateContext(fcinfo, "survival_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = StateFromDatum(PG_GETARG_DATUM(1), SURVIVAL_STATE_VERSION, sizeof(SpellState),
						   "survival_state");
	if (PG_ARGISNULL(0))
		state = SpellStateCreate(SURVIVAL_STATE_VERSION);
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	PG_RETURN_POINTER(SpellStateMerge(state, other, "survival_state"));
}

/*
 * survival_state_final(survival_state): sorted and without room to spare, in a
 * copy; the aggregate may go on with its own.
 */
Datum
survival_state_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION,
										  "survival_state"));
}

STATE_COMBINE(survival_state_combine_two, survival_state_combine, survival_state_final)
