/*
 * incidence.c
 *		incidence_state in SQL: its four forms, incidence_agg and incidence_merge,
 *		and the Aalen-Johansen curves that are read off it.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/arrays.h"
#include "base/compat.h"
#include "base/keys.h"
#include "base/rows.h"
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
	state = SpellStatePlain(SpellStateReadWire(state, &reader, causes, false), "incidence_state");
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
	{
		CheckTextKey(fcinfo, 2, "incidence_agg", "cause");
		state = SpellStateCreate(INCIDENCE_STATE_VERSION);
	}
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

/*
 * Puts incidence, incidence_low and incidence_high. point: of the curve, NULL before
 * its first, where nobody can have ended.
 */
static void
PutIncidence(RowWriter *row, const IncidencePoint *point, IntervalRule rule)
{
	double		incidence = point ? point->incidence : 0;
	double		low = 0;
	double		high = 0;
	bool		known = IntervalBounds(rule, incidence,
									   incidence > 0 ? point->std_error / incidence : 0,
									   &low, &high);

	RowPutFloat(row, incidence);
	if (known)
	{
		RowPutFloat(row, low);
		RowPutFloat(row, high);
	}
	else
	{
		RowPutNulls(row, 2);
	}
}

/*
 * incidence_rows(incidence_state, confidence float8, method text) → setof (cause,
 * duration, at_risk, events, incidence, incidence_low, incidence_high)
 */
Datum
incidence_rows(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	IntervalRule rule = CheckIntervalRule(PG_GETARG_FLOAT8(1),
										  text_to_cstring(PG_GETARG_TEXT_PP(2)));
	SpellState *state = IncidenceFromDatum(PG_GETARG_DATUM(0));
	const SpellName **names = SpellStateNames(state);
	IncidenceCurves curves = IncidenceCurvesMake(SpellStateSpells(state), state->spells,
												 state->causes);

	for (int k = 1; k <= state->causes; k++)
	{
		Datum		cause = PointerGetDatum(cstring_to_text_with_len(names[k - 1]->bytes,
																	 names[k - 1]->length));
		const IncidencePoint *point = NULL;
		int			next = curves.first[k];

		for (int i = 0; i < curves.steps; i++)
		{
			const IncidenceStep *step = &curves.step[i];
			bool		ends = next < curves.first[k + 1] &&
				curves.point[next].duration == step->duration;

			CHECK_FOR_INTERRUPTS();
			if (ends)
				point = &curves.point[next++];
			RowPut(&row, cause);
			RowPutFloat(&row, step->duration);
			RowPutInt64(&row, step->at_risk);
			RowPutInt64(&row, ends ? point->events : 0);
			PutIncidence(&row, point, rule);
			RowEnd(&row);
		}
	}
	return (Datum) 0;
}

/* A time that is asked for, and what holds there for all causes. */
typedef struct AskedTime
{
	bool		is_null;
	bool		known;			/* are the curves? */
	double		at;
	int64		at_risk;
} AskedTime;

/*
 * The times of argument 1. After the last duration the curves are known only
 * where all have ended.
 */
static AskedTime *
AskedTimes(FunctionCallInfo fcinfo, const SpellState *state, const IncidenceCurves *curves,
		   int *count)
{
	RiskTable	at_risk = RiskTableMake(SpellStateSpells(state), state->spells);
	ArrayItems	times = ArrayRead(PG_GETARG_ARRAYTYPE_P(1), "times");
	AskedTime  *asked;

	*count = times.count;
	asked = palloc_extended((Size) Max(1, *count) * sizeof(AskedTime),
							MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < *count; i++)
	{
		AskedTime  *time = &asked[i];
		int			last;

		CHECK_FOR_INTERRUPTS();
		time->is_null = times.nulls[i];
		if (time->is_null)
			continue;
		time->at = CheckDuration(DatumGetFloat8(times.values[i]), "a time");
		time->at_risk = RiskTableAt(&at_risk, time->at);
		last = FindDuration(curves->step, sizeof(IncidenceStep), curves->steps, time->at);
		time->known = last < curves->steps - 1 || time->at == curves->step[last].duration ||
			curves->step[last].open == 0;
	}
	return asked;
}

/*
 * incidence_at(incidence_state, times float8[], confidence float8, method text) →
 * setof (cause, duration, at_risk, incidence, incidence_low, incidence_high), for
 * each cause a row for each time in the order given.
 */
Datum
incidence_at(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	IntervalRule rule = CheckIntervalRule(PG_GETARG_FLOAT8(2),
										  text_to_cstring(PG_GETARG_TEXT_PP(3)));
	SpellState *state = IncidenceFromDatum(PG_GETARG_DATUM(0));
	const SpellName **names = SpellStateNames(state);
	IncidenceCurves curves = IncidenceCurvesMake(SpellStateSpells(state), state->spells,
												 state->causes);
	int			count;
	AskedTime  *asked;

	if (state->causes == 0)
		return (Datum) 0;
	asked = AskedTimes(fcinfo, state, &curves, &count);
	for (int k = 1; k <= state->causes; k++)
	{
		Datum		cause = PointerGetDatum(cstring_to_text_with_len(names[k - 1]->bytes,
																	 names[k - 1]->length));
		const IncidencePoint *points = &curves.point[curves.first[k]];
		int			point_count = curves.first[k + 1] - curves.first[k];

		for (int i = 0; i < count; i++)
		{
			const AskedTime *time = &asked[i];

			CHECK_FOR_INTERRUPTS();
			RowPut(&row, cause);
			if (time->is_null)
				RowPutNulls(&row, 2);
			else
			{
				RowPutFloat(&row, time->at);
				RowPutInt64(&row, time->at_risk);
			}
			if (time->known)
			{
				int			last = FindDuration(points, sizeof(IncidencePoint), point_count,
												time->at);

				PutIncidence(&row, last < 0 ? NULL : &points[last], rule);
			}
			else
				RowPutNulls(&row, 3);
			RowEnd(&row);
		}
	}
	return (Datum) 0;
}

STATE_COMBINE(incidence_state_combine_two, incidence_state_combine, incidence_state_final)
