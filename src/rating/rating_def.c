/*
 * rating_def.c
 *		rating_def: which scores a scale has, and which of them are good and bad.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "rating/rating.h"

#define RATING_DEF_VERSION	1

PG_FUNCTION_INFO_V1(rating_def_in);
PG_FUNCTION_INFO_V1(rating_def_out);
PG_FUNCTION_INFO_V1(rating_def_recv);
PG_FUNCTION_INFO_V1(rating_def_send);
PG_FUNCTION_INFO_V1(rating);
PG_FUNCTION_INFO_V1(rating_preset);

static RatingDef *
RatingDefMake(RatingScale scale)
{
	RatingDef  *def = StateCreate(sizeof(RatingDef), RATING_DEF_VERSION);

	def->scale = scale;
	return def;
}

RatingScale
RatingDefScale(Datum value)
{
	RatingDef  *def = StateFromDatum(value, RATING_DEF_VERSION, sizeof(RatingDef), "rating_def");

	return def->scale;
}

bool
SameScale(const RatingScale *one, const RatingScale *other)
{
	return one->low == other->low && one->high == other->high &&
		one->favourable_from == other->favourable_from &&
		one->unfavourable_to == other->unfavourable_to;
}

/* The text form, in the current context. */
char *
RatingScaleText(const RatingScale *scale)
{
	return psprintf("{\"low\": %d, \"high\": %d, \"favourable_from\": %d, \"unfavourable_to\": %d}",
					scale->low, scale->high, scale->favourable_from, scale->unfavourable_to);
}

/* A scale of a definition's or a state's text, checked. */
RatingScale
RatingScaleRead(JsonNode *node)
{
	static const char *const keys[] = {"low", "high", "favourable_from", "unfavourable_to"};
	int32		numbers[lengthof(keys)];
	RatingScale scale;
	const char *broken;

	JsonAllowKeys(node, keys, lengthof(keys));
	for (int i = 0; i < (int) lengthof(keys); i++)
		numbers[i] = (int32) JsonGetInt(JsonRequire(node, keys[i]), PG_INT32_MIN, PG_INT32_MAX);
	scale = (RatingScale) {numbers[0], numbers[1], numbers[2], numbers[3]};
	if ((broken = RatingScaleBroken(&scale)) != NULL)
		JsonInvalid(node, NULL, "%s", broken);
	return scale;
}

/* A scale of a binary form, checked. */
RatingScale
RatingScaleReceive(WireReader *reader)
{
	RatingScale scale;
	const char *broken;

	scale.low = WireGetInt(reader);
	scale.high = WireGetInt(reader);
	scale.favourable_from = WireGetInt(reader);
	scale.unfavourable_to = WireGetInt(reader);
	if ((broken = RatingScaleBroken(&scale)) != NULL)
		WireCorrupt(reader, "%s", broken);
	return scale;
}

void
RatingScaleSend(StringInfo buffer, const RatingScale *scale)
{
	WirePutInt(buffer, scale->low);
	WirePutInt(buffer, scale->high);
	WirePutInt(buffer, scale->favourable_from);
	WirePutInt(buffer, scale->unfavourable_to);
}

/* rating_def_in(cstring): {"low": 0, "high": 10, "favourable_from": 9, "unfavourable_to": 6} */
Datum
rating_def_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(RatingDefMake(RatingScaleRead(JsonRead(PG_GETARG_CSTRING(0), "rating_def"))));
}

/* rating_def_out(rating_def): the same text for equal definitions */
Datum
rating_def_out(PG_FUNCTION_ARGS)
{
	RatingScale scale = RatingDefScale(PG_GETARG_DATUM(0));

	PG_RETURN_CSTRING(RatingScaleText(&scale));
}

Datum
rating_def_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), RATING_DEF_VERSION,
									   "rating_def");
	RatingScale scale = RatingScaleReceive(&reader);

	WireEnd(&reader);
	PG_RETURN_POINTER(RatingDefMake(scale));
}

Datum
rating_def_send(PG_FUNCTION_ARGS)
{
	RatingScale scale = RatingDefScale(PG_GETARG_DATUM(0));
	StringInfoData buffer;

	WireBeginSend(&buffer, RATING_DEF_VERSION);
	RatingScaleSend(&buffer, &scale);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * rating(low, high, favourable_from, unfavourable_to int) → rating_def: whole scores
 * from low to high, both included; good from favourable_from on, bad up to
 * unfavourable_to
 */
Datum
rating(PG_FUNCTION_ARGS)
{
	RatingScale scale = {PG_GETARG_INT32(0), PG_GETARG_INT32(1), PG_GETARG_INT32(2), PG_GETARG_INT32(3)};
	const char *broken = RatingScaleBroken(&scale);

	if (broken != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid rating scale"),
				 errdetail("%s It is %s.", broken, RatingScaleText(&scale)),
				 errhint("NPS is rating(0, 10, 9, 6): scores 0 to 10, favourable from 9 on, unfavourable up to 6.")));
	PG_RETURN_POINTER(RatingDefMake(scale));
}

/* rating_preset(name text) → rating_def: nps, csat, ces */
Datum
rating_preset(PG_FUNCTION_ARGS)
{
	static const struct
	{
		const char *name;
		RatingScale scale;
	}			presets[] = {
		{"nps", {0, 10, 9, 6}},
		{"csat", {1, 5, 4, 2}},
		{"ces", {1, 7, 5, 3}}
	};
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));

	for (int i = 0; i < (int) lengthof(presets); i++)
		if (strcmp(name, presets[i].name) == 0)
			PG_RETURN_POINTER(RatingDefMake(presets[i].scale));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown rating preset"),
			 errdetail("The name is \"%s\".", name),
			 errhint("Presets are nps (0 to 10), csat (1 to 5, for DSR too) and ces (1 to 7); rating() makes others.")));
}
