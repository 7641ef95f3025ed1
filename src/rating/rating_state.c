/*
 * rating_state.c
 *		rating_state in SQL: its four forms, rating_agg and rating_merge.
 *
 * A count of each score of the scale, and of who was asked and did not answer: the
 * state never grows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "base/check.h"
#include "base/parameter.h"
#include "rating/rating.h"

#define RATING_STATE_VERSION	1

PG_FUNCTION_INFO_V1(rating_state_in);
PG_FUNCTION_INFO_V1(rating_state_out);
PG_FUNCTION_INFO_V1(rating_state_recv);
PG_FUNCTION_INFO_V1(rating_state_send);
PG_FUNCTION_INFO_V1(rating_state_add_smallint);
PG_FUNCTION_INFO_V1(rating_state_add_integer);
PG_FUNCTION_INFO_V1(rating_state_add_bigint);
PG_FUNCTION_INFO_V1(rating_state_combine);

static inline Size
StateSize(const RatingScale *scale)
{
	return offsetof(RatingState, answers) + RatingScores(scale) * sizeof(int64);
}

static RatingState *
RatingStateCreate(RatingScale scale)
{
	RatingState *state = StateCreate(StateSize(&scale), RATING_STATE_VERSION);

	state->scale = scale;
	return state;
}

RatingState *
RatingStateFromDatum(Datum value)
{
	RatingState *state = StateFromDatum(value, RATING_STATE_VERSION, sizeof(RatingState),
										"rating_state");

	Assert(RatingScaleBroken(&state->scale) == NULL && VARSIZE(state) == StateSize(&state->scale));
	return state;
}

/* The rules that hold for every state; NULL, or which one is broken. */
static const char *
RatingStateBroken(const RatingState *state)
{
	int64		asked = state->unanswered;

	if (RatingScaleBroken(&state->scale) != NULL)
		return RatingScaleBroken(&state->scale);
	if (asked < 0)
		return "A count must not be negative.";
	for (int i = 0; i < RatingScores(&state->scale); i++)
	{
		if (state->answers[i] < 0)
			return "A count must not be negative.";
		if (state->answers[i] > PG_INT64_MAX - asked)
			return "The counts add up to more than 64 bits hold.";
		asked += state->answers[i];
	}
	if (asked == 0)
		return "Nobody was asked.";
	return NULL;
}

/*
 * rating_state_in(cstring): {"scale": {"low": 1, …}, "answers": [0, 2, 5, 9, 4],
 * "unanswered": 7}, answers of each score from the lowest on
 */
Datum
rating_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"scale", "answers", "unanswered"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "rating_state");
	JsonNode   *list;
	RatingState *state;
	const char *broken;

	JsonAllowKeys(root, keys, lengthof(keys));
	state = RatingStateCreate(RatingScaleRead(JsonRequire(root, "scale")));
	state->unanswered = JsonGetInt(JsonRequire(root, "unanswered"), 0, PG_INT64_MAX);
	list = JsonRequire(root, "answers");
	JsonExpect(list, JSON_KIND_ARRAY);
	if (list->count != RatingScores(&state->scale))
		JsonInvalid(list, "Give a count for each score of the scale, from the lowest on.",
					"It has %d counts for %d scores.", list->count, RatingScores(&state->scale));
	for (int i = 0; i < list->count; i++)
		state->answers[i] = JsonGetInt(list->items[i], 0, PG_INT64_MAX);
	if ((broken = RatingStateBroken(state)) != NULL)
		JsonInvalid(root, NULL, "%s", broken);
	PG_RETURN_POINTER(state);
}

/* rating_state_out(rating_state): the same text for equal states */
Datum
rating_state_out(PG_FUNCTION_ARGS)
{
	RatingState *state = RatingStateFromDatum(PG_GETARG_DATUM(0));
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "{\"scale\": %s, \"answers\": [", RatingScaleText(&state->scale));
	for (int i = 0; i < RatingScores(&state->scale); i++)
		appendStringInfo(&text, "%s" INT64_FORMAT, i == 0 ? "" : ", ", state->answers[i]);
	appendStringInfo(&text, "], \"unanswered\": " INT64_FORMAT "}", state->unanswered);
	PG_RETURN_CSTRING(text.data);
}

Datum
rating_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), RATING_STATE_VERSION,
									   "rating_state");
	RatingState *state = RatingStateCreate(RatingScaleReceive(&reader));
	const char *broken;

	state->unanswered = WireGetInt64(&reader);
	for (int i = 0; i < RatingScores(&state->scale); i++)
		state->answers[i] = WireGetInt64(&reader);
	WireEnd(&reader);
	if ((broken = RatingStateBroken(state)) != NULL)
		WireCorrupt(&reader, "%s", broken);
	PG_RETURN_POINTER(state);
}

Datum
rating_state_send(PG_FUNCTION_ARGS)
{
	RatingState *state = RatingStateFromDatum(PG_GETARG_DATUM(0));
	StringInfoData buffer;

	WireBeginSend(&buffer, RATING_STATE_VERSION);
	RatingScaleSend(&buffer, &state->scale);
	WirePutInt64(&buffer, state->unanswered);
	for (int i = 0; i < RatingScores(&state->scale); i++)
		WirePutInt64(&buffer, state->answers[i]);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* A row of rating_agg: somebody was asked, and gave this score, or none. */
static Datum
AddRow(FunctionCallInfo fcinfo, int64 score)
{
	RatingScale scale;
	RatingState *state;

	AggregateContext(fcinfo, "rating_agg");
	CheckAggregateArgument(fcinfo, 1, "rating_agg", "definition");
	scale = RatingDefScale(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		state = RatingStateCreate(scale);
	else
	{
		state = PG_GETARG_STATE_IN_PLACE(0);
		if (unlikely(!SameScale(&state->scale, &scale)))
			AggregateArgumentChanged("rating_agg", RatingScaleText(&state->scale),
									 RatingScaleText(&scale));
	}
	if (PG_ARGISNULL(2))
		state->unanswered++;
	else if (likely(score >= scale.low && score <= scale.high))
		state->answers[score - scale.low]++;
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a score lies off the scale"),
				 errdetail("The score is %lld; the scale goes from %d to %d.",
						   (long long) score, scale.low, scale.high),
				 errhint("Is it the scale of this question? Filter out codes such as 99, or turn them into NULL with nullif().")));
	Assert(RatingStateBroken(state) == NULL);
	PG_RETURN_POINTER(state);
}

/* rating_state_add(rating_state, rating_def, score smallint): NULL was asked, and did not answer */
Datum
rating_state_add_smallint(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, PG_ARGISNULL(2) ? 0 : PG_GETARG_INT16(2));
}

/* rating_state_add(rating_state, rating_def, score integer) */
Datum
rating_state_add_integer(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2));
}

/* rating_state_add(rating_state, rating_def, score bigint) */
Datum
rating_state_add_bigint(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2));
}

static int64
Asked(const RatingState *state)
{
	int64		asked = state->unanswered;

	for (int i = 0; i < RatingScores(&state->scale); i++)
		asked += state->answers[i];
	return asked;
}

/*
 * rating_state_combine(rating_state, rating_state): either may be NULL. The result is
 * the first, changed in place, or a new one.
 */
Datum
rating_state_combine(PG_FUNCTION_ARGS)
{
	RatingState *state;
	RatingState *other;
	int64		asked;

	AggregateContext(fcinfo, "rating_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = RatingStateFromDatum(PG_GETARG_DATUM(1));
	state = PG_ARGISNULL(0) ? RatingStateCreate(other->scale) : PG_GETARG_STATE_IN_PLACE(0);
	if (!SameScale(&state->scale, &other->scale))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("answers on different scales cannot be merged"),
				 errdetail("One scale is %s, another %s.", RatingScaleText(&state->scale),
						   RatingScaleText(&other->scale)),
				 errhint("Merge the answers to one question at a time.")));
	asked = Asked(state);
	CountAdd(&asked, Asked(other), "people asked in one rating_state");
	state->unanswered += other->unanswered;
	for (int i = 0; i < RatingScores(&state->scale); i++)
		state->answers[i] += other->answers[i];
	Assert(RatingStateBroken(state) == NULL);
	PG_RETURN_POINTER(state);
}

STATE_COMBINE(rating_state_combine_two, rating_state_combine, NULL)
