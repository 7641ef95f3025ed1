/*
 * incidence.c
 *		incidence_state in SQL: its four forms, incidence_agg and incidence_merge,
 *		and the Aalen-Johansen curves that are read off it.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "survival/survival.h"
#include "survival/survival_curve.h"

PG_FUNCTION_INFO_V1(incidence_state_in);
PG_FUNCTION_INFO_V1(incidence_state_out);
PG_FUNCTION_INFO_V1(incidence_state_recv);
PG_FUNCTION_INFO_V1(incidence_state_send);
PG_FUNCTION_INFO_V1(incidence_state_add);
PG_FUNCTION_INFO_V1(incidence_state_combine);
PG_FUNCTION_INFO_V1(incidence_state_final);
PG_FUNCTION_INFO_V1(incidence_rows);
PG_FUNCTION_INFO_V1(incidence_at);

static SpellState *
IncidenceFromDatum(Datum value)
{
	return SpellStateFromDatum(value, INCIDENCE_STATE_VERSION, "incidence_state");
}

/*
 * incidence_state_in(cstring): reads {"causes": [{"cause": "won", "spells":
 * [[30, 2]]}, …], "censored": [[45, 1]]}, each spell [duration, subjects].
 */
Datum
incidence_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"causes", "censored"};
	static const char *const cause_keys[] = {"cause", "spells"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "incidence_state");
	SpellState *state = SpellStateCreate(INCIDENCE_STATE_VERSION);
	JsonNode   *list;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "causes");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		JsonNode   *node = list->items[i];
		JsonNode   *spells;
		const char *name;
		int			cause;

		JsonAllowKeys(node, cause_keys, lengthof(cause_keys));
		name = JsonGetText(JsonRequire(node, "cause"));
		state = SpellStateFindCause(state, name, strlen(name), "incidence_state", &cause);
		if (cause <= i)
			JsonInvalid(node, NULL, "The cause \"%s\" stands twice.", name);
		spells = JsonRequire(node, "spells");
		JsonExpect(spells, JSON_KIND_ARRAY);
		if (spells->count == 0)
			JsonInvalid(node, NULL, "The cause \"%s\" has no spells.", name);
		state = SpellStateReadJson(state, spells, cause, false, "incidence_state");
	}
	state = SpellStateReadJson(state, JsonRequire(root, "censored"), SPELL_CENSORED, false,
							   "incidence_state");
	PG_RETURN_POINTER(SpellStateCanonical(state, "incidence_state"));
}

/* incidence_state_out(incidence_state): the same text for equal states */
Datum
incidence_state_out(PG_FUNCTION_ARGS)
{
	SpellState *state = IncidenceFromDatum(PG_GETARG_DATUM(0));
	const SpellName **names = SpellStateNames(state);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"causes\": [");
	for (int i = 0; i < state->causes; i++)
	{
		appendStringInfoString(&text, i == 0 ? "{\"cause\": " : ", {\"cause\": ");
		JsonPutText(&text, pnstrdup(names[i]->bytes, names[i]->length));
		appendStringInfoString(&text, ", \"spells\": ");
		SpellStatePutJson(&text, state, i + 1);
		appendStringInfoChar(&text, '}');
	}
	appendStringInfoString(&text, "], \"censored\": ");
	SpellStatePutJson(&text, state, SPELL_CENSORED);
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

Datum
incidence_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), INCIDENCE_STATE_VERSION,
									   "incidence_state");
	SpellState *state = SpellStateCreate(INCIDENCE_STATE_VERSION);
	int			causes = WireGetCount(&reader, "causes", SPELL_CAUSES, sizeof(int32));
	bool	   *used = palloc0((causes + 1) * sizeof(bool));
	const Spell *spells;

	for (int i = 0; i < causes; i++)
	{
		int			length;
		char	   *name = WireGetBytes(&reader, &length);
		int			cause;

		state = SpellStateFindCause(state, name, length, "incidence_state", &cause);
		if (cause <= i)
			WireCorrupt(&reader, "The cause \"%s\" stands twice.", name);
	}
	state = SpellStateReadWire(state, &reader, causes, false);
	WireEnd(&reader);
	spells = SpellStateSpells(state);
	for (int i = 0; i < state->spells; i++)
		used[spells[i].cause] = true;
	for (int i = 1; i <= causes; i++)
		if (!used[i])
			WireCorrupt(&reader, "Cause %d has no spells.", i);
	PG_RETURN_POINTER(SpellStateCanonical(state, "incidence_state"));
}

Datum
incidence_state_send(PG_FUNCTION_ARGS)
{
	SpellState *state = IncidenceFromDatum(PG_GETARG_DATUM(0));
	const SpellName **names = SpellStateNames(state);
	StringInfoData buffer;

	WireBeginSend(&buffer, INCIDENCE_STATE_VERSION);
	WirePutInt(&buffer, state->causes);
	for (int i = 0; i < state->causes; i++)
		WirePutBytes(&buffer, names[i]->bytes, names[i]->length);
	SpellStatePutWire(&buffer, state, false);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * incidence_state_add(incidence_state, duration float8, cause text): no cause
 * means not ended when last seen; a row without a duration is skipped.
 */
Datum
incidence_state_add(PG_FUNCTION_ARGS)
{
	SpellState *state;
	Spell		spell = {0};

	AggregateContext(fcinfo, "incidence_agg");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	spell.duration = CheckDuration(PG_GETARG_FLOAT8(1), "duration");
	spell.count = 1;
	if (PG_ARGISNULL(0))
		state = SpellStateCreate(INCIDENCE_STATE_VERSION);
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	if (!PG_ARGISNULL(2))
	{
		text	   *name = PG_GETARG_TEXT_PP(2);
		int			cause;

		state = SpellStateFindCause(state, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name),
									"incidence_state", &cause);
		spell.cause = cause;
	}
	PG_RETURN_POINTER(SpellStateAdd(state, &spell, "incidence_state"));
}

/*
 * incidence_state_combine(incidence_state, incidence_state): either may be NULL.
 * The result is the first, changed in place, or a new one.
 */
Datum
incidence_state_combine(PG_FUNCTION_ARGS)
{
	SpellState *state;
	SpellState *other;

	AggregateContext(fcinfo, "incidence_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = StateFromDatum(PG_GETARG_DATUM(1), INCIDENCE_STATE_VERSION, sizeof(SpellState),
						   "incidence_state");
	if (PG_ARGISNULL(0))
		state = SpellStateCreate(INCIDENCE_STATE_VERSION);
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	PG_RETURN_POINTER(SpellStateMerge(state, other, "incidence_state"));
}

/*
 * incidence_state_final(incidence_state): sorted and without room to spare, in
 * a copy; the aggregate may go on with its own.
 */
Datum
incidence_state_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(IncidenceFromDatum(PG_GETARG_DATUM(0)));
}

/* Puts incidence, incidence_low and incidence_high from a column on. */
static void
PutIncidence(Datum *values, bool *nulls, int column, double incidence, double std_error,
			 IntervalRule rule)
{
	double		low = 0;
	double		high = 0;
	bool		known = IntervalBounds(rule, incidence, incidence > 0 ? std_error / incidence : 0,
									   &low, &high);

	values[column] = Float8GetDatum(incidence);
	values[column + 1] = Float8GetDatum(low);
	values[column + 2] = Float8GetDatum(high);
	nulls[column] = false;
	nulls[column + 1] = nulls[column + 2] = !known;
}

/*
 * incidence_rows(incidence_state, confidence float8, method text) → setof (cause,
 * duration, at_risk, events, incidence, incidence_low, incidence_high)
 */
Datum
incidence_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	IntervalRule rule = CheckIntervalRule(PG_GETARG_FLOAT8(1),
										  text_to_cstring(PG_GETARG_TEXT_PP(2)));
	SpellState *state = IncidenceFromDatum(PG_GETARG_DATUM(0));
	const SpellName **names = SpellStateNames(state);

	InitMaterializedSRF(fcinfo, 0);
	for (int k = 0; k < state->causes; k++)
	{
		Datum		cause = PointerGetDatum(cstring_to_text_with_len(names[k]->bytes,
																	 names[k]->length));
		int			points;
		IncidencePoint *curve = IncidenceCurve(SpellStateSpells(state), state->spells, k + 1,
											   &points);

		for (int i = 0; i < points; i++)
		{
			Datum		values[7] = {0};
			bool		nulls[7] = {0};

			CHECK_FOR_INTERRUPTS();
			values[0] = cause;
			values[1] = Float8GetDatum(curve[i].duration);
			values[2] = Int64GetDatum(curve[i].at_risk);
			values[3] = Int64GetDatum(curve[i].events);
			PutIncidence(values, nulls, 4, curve[i].incidence, curve[i].std_error, rule);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
		pfree(curve);
	}
	return (Datum) 0;
}

/*
 * incidence_at(incidence_state, times float8[], confidence float8, method text) →
 * setof (cause, duration, at_risk, incidence, incidence_low, incidence_high), for
 * each cause a row for each time in the order given. After the last duration
 * the curves are known only where all have ended.
 */
Datum
incidence_at(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	IntervalRule rule = CheckIntervalRule(PG_GETARG_FLOAT8(2),
										  text_to_cstring(PG_GETARG_TEXT_PP(3)));
	SpellState *state = IncidenceFromDatum(PG_GETARG_DATUM(0));
	const Spell *spells = SpellStateSpells(state);
	const SpellName **names = SpellStateNames(state);
	Datum	   *times;
	bool	   *time_nulls;
	int			count = FloatArrayArgument(fcinfo, 1, &times, &time_nulls);

	InitMaterializedSRF(fcinfo, 0);
	for (int k = 0; k < state->causes; k++)
	{
		Datum		cause = PointerGetDatum(cstring_to_text_with_len(names[k]->bytes,
																	 names[k]->length));
		int			points;
		IncidencePoint *curve = IncidenceCurve(spells, state->spells, k + 1, &points);

		for (int i = 0; i < count; i++)
		{
			Datum		values[6] = {0};
			bool		nulls[6] = {false, true, true, true, true, true};

			CHECK_FOR_INTERRUPTS();
			values[0] = cause;
			if (!time_nulls[i])
			{
				double		at = CheckDuration(DatumGetFloat8(times[i]), "a time");
				int			last = FindDuration(curve, sizeof(IncidencePoint), points, at);

				values[1] = Float8GetDatum(at);
				values[2] = Int64GetDatum(SpellsAtRisk(spells, state->spells, at));
				nulls[1] = nulls[2] = false;
				if (last < 0)
					PutIncidence(values, nulls, 3, 0, 0, rule);
				else if (at == curve[last].duration || last < points - 1 || curve[last].open == 0)
					PutIncidence(values, nulls, 3, curve[last].incidence, curve[last].std_error,
								 rule);
			}
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
		pfree(curve);
	}
	return (Datum) 0;
}
