/*
 * tariff_def.c
 *		tariff_def: a price list of one item, as a value. Its reading, checking,
 *		printing and its stored form; arithmetic is in tariff_plan.c.
 *
 * The stored form is canonical: numbers without zeros at their end, keys that
 * say what holds anyway left out, padding zero. So equal tariffs are equal in
 * bytes, and comparing, sorting and hashing are bytea's.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/arrays.h"
#include "base/compat.h"
#include "base/format.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
#include "base/state.h"
#include "tariff/tariff.h"
#include "base/wire.h"

#define TARIFF_DEF_VERSION	1

/* Numbers are below 10^40 and have at most 40 decimals: money has, and so no sum overflows. */
#define MOST_DIGITS			40
#define MOST_ROUND_SCALE	30
#define MOST_CURRENCY		16		/* characters */

/* The longest canonical text of 10,000 tiers of such numbers is shorter. */
#define MOST_TEXT			(4 * 1024 * 1024)

#define FLAG_ZERO_FEE		0x0001
#define FLAG_ROUNDED		0x0002
#define FLAG_PACKAGE		0x0004
#define FLAG_MINIMUM		0x0008
#define FLAG_MAXIMUM		0x0010
#define FLAG_FROM_BOUNDS	0x0020	/* only where a tier has a bound */

/*
 * The stored form. Behind the struct, each aligned for an int: free units, then
 * package size, minimum and maximum where the flags say so, then bound (not of
 * the last tier), unit price and flat fee of each tier; then the currency.
 */
typedef struct TariffDef
{
	StateHeader header;
	uint8		mode;
	uint8		rounding;
	int16		round_scale;
	int32		tier_count;
	int32		currency_length;
	int32		unused;
} TariffDef;

static const char *const mode_names[] = {"graduated", "volume"};
static const char *const rounding_names[] = {"half_up", "half_even", "up", "down"};

PG_FUNCTION_INFO_V1(tariff_def_in);
PG_FUNCTION_INFO_V1(tariff_def_out);
PG_FUNCTION_INFO_V1(tariff_def_recv);
PG_FUNCTION_INFO_V1(tariff_def_send);
PG_FUNCTION_INFO_V1(tariff_construct);
PG_FUNCTION_INFO_V1(tariff_problem);

/* What an empty JSON object would say, without tiers. */
void
TariffInit(Tariff *tariff)
{
	memset(tariff, 0, sizeof(*tariff));
	tariff->zero_fee = true;
	tariff->free_units = NumericZero();
}

bool
TariffModeFromText(const char *text, TariffMode *mode)
{
	for (int i = 0; i < (int) lengthof(mode_names); i++)
	{
		if (strcmp(text, mode_names[i]) == 0)
		{
			*mode = i;
			return true;
		}
	}
	return false;
}

/*
 * Checking
 */

/* A rule that is broken: where it came from decides the SQLSTATE. */
pg_noreturn static void TariffInvalid(TariffSource source, const char *hint, const char *format,...)
			pg_attribute_printf(3, 4);

static void
TariffInvalid(TariffSource source, const char *hint, const char *format,...)
{
	va_list		args;
	char	   *detail;
	int			code = ERRCODE_INVALID_PARAMETER_VALUE;

	if (source == TARIFF_FROM_TEXT)
		code = ERRCODE_INVALID_TEXT_REPRESENTATION;
	else if (source == TARIFF_FROM_BINARY)
		code = ERRCODE_INVALID_BINARY_REPRESENTATION;

	va_start(args, format);
	detail = FormatText(format, args);
	va_end(args);
	ereport(ERROR,
			(errcode(code),
			 errmsg("invalid tariff_def"),
			 errdetail("%s", detail),
			 hint ? errhint("%s", hint) : 0));
}

/*
 * A number of the tariff, finite, not negative, of bearable size, without zeros
 * at its end. tier: from 1, or 0 for a key of the whole; what: "unit_price".
 */
static Numeric
CheckNumber(TariffSource source, Numeric value, int tier, const char *what)
{
	const char *place = tier > 0 ? psprintf("Tier %d has the %s", tier, what) :
		psprintf("The tariff has the %s", what);

	if (!NumericIsFinite(value))
		TariffInvalid(source, "Give a number; leave up_to out (null) for the open last tier.",
					  "%s %s.", place, NumericToText(value));
	value = NumericTrim(value);
	if (NumericIsNegative(value))
		TariffInvalid(source, "Prices, fees and quantities are 0 or more; take a discount off in a quote.",
					  "%s %s, which is negative.", place, NumericToText(value));
	if (NumericScale(value) > MOST_DIGITS ||
		NumericCompare(value, NumericPowerOfTen(MOST_DIGITS)) >= 0)
		TariffInvalid(source, "Choose a larger or smaller unit of quantity.",
					  "%s with more than %d digits before or behind the point.",
					  place, MOST_DIGITS);
	return value;
}

/* A minimum or maximum must be an amount that rounding can give. */
static void
CheckLimitScale(TariffSource source, const Tariff *tariff, Numeric limit, const char *what)
{
	if (limit && tariff->rounded &&
		NumericCompare(limit, NumericTruncateTo(limit, tariff->round_scale)) != 0)
		TariffInvalid(source, psprintf("Round the %s, or round prices to a finer scale.", what),
					  "The %s %s is finer than the scale %d that prices are rounded to.",
					  what, NumericToText(limit), tariff->round_scale);
}

/*
 * Checks every rule of a tariff and brings its numbers into canonical form.
 */
static void
TariffCheck(Tariff *tariff, TariffSource source)
{
	if (tariff->tier_count < 1)
		TariffInvalid(source, "A flat price is one tier without up_to.", "There is no tier.");
	if (tariff->tier_count > TARIFF_MOST_TIERS)
		TariffInvalid(source, "Merge tiers, or describe a curve by fewer bounds.",
					  "There are %d tiers; %d are allowed.", tariff->tier_count, TARIFF_MOST_TIERS);

	if (tariff->from_bounds && tariff->mode != TARIFF_VOLUME)
		TariffInvalid(source, "Give up_to bounds, or mode volume, where the whole quantity has the price of its tier.",
					  "What \"from 10\" means to a graduated price is not one thing: the tenth unit could have the old price or the new one.");
	if (tariff->tier_count == 1)
		tariff->from_bounds = false;

	for (int i = 0; i < tariff->tier_count; i++)
	{
		TariffTier *tier = &tariff->tiers[i];
		bool		last = i == tariff->tier_count - 1;

		CHECK_FOR_INTERRUPTS();
		if (tier->up_to != NULL)
		{
			tier->up_to = CheckNumber(source, tier->up_to, i + 1, "up_to");
			if (last)
				TariffInvalid(source,
							  "Leave up_to of the last tier out (null), or add an open tier after it.",
							  "Tier %d, the last, ends at %s: larger quantities would have no price.",
							  i + 1, NumericToText(tier->up_to));
			if (i == 0 && NumericCompare(tier->up_to, NumericZero()) == 0)
				TariffInvalid(source, "Leave this tier out; a fee for nothing is the first tier's flat_fee.",
							  "Tier 1 ends at 0, so it is empty.");
			if (i > 0 && NumericCompare(tier->up_to, tariff->tiers[i - 1].up_to) <= 0)
				TariffInvalid(source, "Order the tiers by up_to, each bound once.",
							  "Tier %d ends at %s, which is not above %s, the end of tier %d.",
							  i + 1, NumericToText(tier->up_to),
							  NumericToText(tariff->tiers[i - 1].up_to), i);
		}
		else if (!last)
			TariffInvalid(source, "Give this tier an up_to; only the last one is open.",
						  "Tier %d has no up_to, and tier %d follows.", i + 1, i + 2);

		if (tier->unit_price == NULL)
			TariffInvalid(source, "Give the price of a unit, 0 where only the flat fee counts.",
						  "Tier %d has no unit_price.", i + 1);
		tier->unit_price = CheckNumber(source, tier->unit_price, i + 1, "unit_price");
		tier->flat_fee = tier->flat_fee == NULL ? NumericZero() :
			CheckNumber(source, tier->flat_fee, i + 1, "flat_fee");
	}

	tariff->free_units = CheckNumber(source, tariff->free_units, 0, "free_units");
	if (tariff->package_size)
	{
		tariff->package_size = CheckNumber(source, tariff->package_size, 0, "package_size");
		if (NumericCompare(tariff->package_size, NumericZero()) == 0)
			TariffInvalid(source, "Leave package_size out (null) where units are sold singly.",
						  "The package_size is 0.");
	}
	if (tariff->rounded &&
		(tariff->round_scale < -MOST_ROUND_SCALE || tariff->round_scale > MOST_ROUND_SCALE))
		TariffInvalid(source, "A scale of 2 rounds to cents, 0 to whole units of money.",
					  "The scale %d is not between %d and %d.",
					  tariff->round_scale, -MOST_ROUND_SCALE, MOST_ROUND_SCALE);
	if (tariff->maximum)
		tariff->maximum = CheckNumber(source, tariff->maximum, 0, "maximum");
	if (tariff->minimum)
	{
		tariff->minimum = CheckNumber(source, tariff->minimum, 0, "minimum");
		if (tariff->maximum && NumericCompare(tariff->minimum, tariff->maximum) > 0)
			TariffInvalid(source, "Raise the maximum or lower the minimum.",
						  "The minimum %s is above the maximum %s.",
						  NumericToText(tariff->minimum), NumericToText(tariff->maximum));
		/* no price is below 0 */
		if (NumericCompare(tariff->minimum, NumericZero()) == 0)
			tariff->minimum = NULL;
	}
	CheckLimitScale(source, tariff, tariff->minimum, "minimum");
	CheckLimitScale(source, tariff, tariff->maximum, "maximum");

	if (tariff->currency)
	{
		int			characters = pg_mbstrlen(tariff->currency);

		if (characters < 1 || characters > MOST_CURRENCY)
			TariffInvalid(source, "Use a code like CNY.",
						  "The currency has %d characters; 1 to %d are allowed.",
						  characters, MOST_CURRENCY);
	}
}

/*
 * The stored form
 */

static Size
NumberSize(Numeric number)
{
	return INTALIGN(VARSIZE(number));
}

static char *
PutNumber(char *at, Numeric number)
{
	memcpy(at, number, VARSIZE(number));
	return at + NumberSize(number);
}

/*
 * The checked, canonical value of a tariff. source: for errors.
 */
struct varlena *
TariffPack(Tariff *tariff, TariffSource source)
{
	Size		size = sizeof(TariffDef);
	TariffDef  *def;
	char	   *at;

	TariffCheck(tariff, source);

	size += NumberSize(tariff->free_units);
	if (tariff->package_size)
		size += NumberSize(tariff->package_size);
	if (tariff->minimum)
		size += NumberSize(tariff->minimum);
	if (tariff->maximum)
		size += NumberSize(tariff->maximum);
	for (int i = 0; i < tariff->tier_count; i++)
	{
		TariffTier *tier = &tariff->tiers[i];

		size += NumberSize(tier->unit_price) + NumberSize(tier->flat_fee);
		if (tier->up_to)
			size += NumberSize(tier->up_to);
	}
	if (tariff->currency)
		size += INTALIGN(strlen(tariff->currency));

	def = StateCreate(size, TARIFF_DEF_VERSION);
	def->mode = tariff->mode;
	def->tier_count = tariff->tier_count;
	if (tariff->from_bounds)
		def->header.flags |= FLAG_FROM_BOUNDS;
	if (tariff->zero_fee)
		def->header.flags |= FLAG_ZERO_FEE;
	if (tariff->rounded)
	{
		def->header.flags |= FLAG_ROUNDED;
		def->rounding = tariff->rounding;
		def->round_scale = tariff->round_scale;
	}

	at = (char *) def + sizeof(TariffDef);
	at = PutNumber(at, tariff->free_units);
	if (tariff->package_size)
	{
		def->header.flags |= FLAG_PACKAGE;
		at = PutNumber(at, tariff->package_size);
	}
	if (tariff->minimum)
	{
		def->header.flags |= FLAG_MINIMUM;
		at = PutNumber(at, tariff->minimum);
	}
	if (tariff->maximum)
	{
		def->header.flags |= FLAG_MAXIMUM;
		at = PutNumber(at, tariff->maximum);
	}
	for (int i = 0; i < tariff->tier_count; i++)
	{
		TariffTier *tier = &tariff->tiers[i];

		if (tier->up_to)
			at = PutNumber(at, tier->up_to);
		at = PutNumber(at, tier->unit_price);
		at = PutNumber(at, tier->flat_fee);
	}
	if (tariff->currency)
	{
		def->currency_length = strlen(tariff->currency);
		memcpy(at, tariff->currency, def->currency_length);
	}
	return (struct varlena *) def;
}

/* The value, detoasted and aligned, its header checked. */
struct varlena *
TariffDetoast(Datum value)
{
	return StateFromDatum(value, TARIFF_DEF_VERSION, sizeof(TariffDef), "tariff_def");
}

/*
 * The tariff of a value that TariffDetoast gave; its numbers stay in the value.
 */
void
TariffUnpack(struct varlena *value, Tariff *tariff)
{
	TariffDef  *def = (TariffDef *) value;
	char	   *at = (char *) def + sizeof(TariffDef);

#define GET_NUMBER(number) \
	do { (number) = (Numeric) at; at += NumberSize(number); } while (0)

	memset(tariff, 0, sizeof(*tariff));
	tariff->mode = def->mode;
	tariff->from_bounds = (def->header.flags & FLAG_FROM_BOUNDS) != 0;
	tariff->zero_fee = (def->header.flags & FLAG_ZERO_FEE) != 0;
	tariff->rounded = (def->header.flags & FLAG_ROUNDED) != 0;
	tariff->rounding = def->rounding;
	tariff->round_scale = def->round_scale;
	tariff->tier_count = def->tier_count;
	tariff->tiers = palloc0(tariff->tier_count * sizeof(TariffTier));
	GET_NUMBER(tariff->free_units);
	if (def->header.flags & FLAG_PACKAGE)
		GET_NUMBER(tariff->package_size);
	if (def->header.flags & FLAG_MINIMUM)
		GET_NUMBER(tariff->minimum);
	if (def->header.flags & FLAG_MAXIMUM)
		GET_NUMBER(tariff->maximum);
	for (int i = 0; i < tariff->tier_count; i++)
	{
		if (i < tariff->tier_count - 1)
			GET_NUMBER(tariff->tiers[i].up_to);
		GET_NUMBER(tariff->tiers[i].unit_price);
		GET_NUMBER(tariff->tiers[i].flat_fee);
	}
	if (def->currency_length > 0)
		tariff->currency = pnstrdup(at, def->currency_length);

#undef GET_NUMBER
}

/*
 * Text form
 */

static Numeric
GivenNumber(const JsonNode *object, const char *key)
{
	const JsonNode *node = JsonGiven(object, key);

	return node ? JsonGetNumeric(node) : NULL;
}

/* {"scale": 2, "mode": "half_up"} */
static void
TariffReadRounding(Tariff *tariff, const JsonNode *node)
{
	static const char *const keys[] = {"scale", "mode"};
	const JsonNode *mode;

	JsonAllowKeys(node, keys, lengthof(keys));
	tariff->rounded = true;
	tariff->round_scale = JsonGetInt(JsonRequire(node, "scale"), -MOST_ROUND_SCALE,
									 MOST_ROUND_SCALE);
	mode = JsonGiven(node, "mode");
	if (mode)
		tariff->rounding = JsonGetChoice(mode, rounding_names, lengthof(rounding_names));
}

/*
 * Reads all keys but "tiers" from a JSON object whose keys are known to be
 * allowed.
 */
void
TariffReadOptions(Tariff *tariff, const JsonNode *root)
{
	const JsonNode *node = JsonGiven(root, "mode");
	Numeric		number;

	if (node == NULL)
		JsonInvalid(root, "Say \"graduated\" (each unit at its own tier's price) or \"volume\" (all at the price of the total's tier).",
					"The key \"mode\" is missing.");
	tariff->mode = JsonGetChoice(node, mode_names, lengthof(mode_names));
	if ((number = GivenNumber(root, "free_units")) != NULL)
		tariff->free_units = number;
	tariff->package_size = GivenNumber(root, "package_size");
	tariff->minimum = GivenNumber(root, "minimum");
	tariff->maximum = GivenNumber(root, "maximum");
	if ((node = JsonGiven(root, "zero_fee")) != NULL)
		tariff->zero_fee = JsonGetBoolean(node);
	if ((node = JsonGiven(root, "round")) != NULL)
		TariffReadRounding(tariff, node);
	if ((node = JsonGiven(root, "currency")) != NULL)
		tariff->currency = JsonGetText(node);
}

/*
 * Bounds given as the first quantity of each tier, "from 10 on", become those where the
 * tier before ends. The first tier starts at 0, at 1 or unsaid, which mean the same.
 */
static void
ReadFromBounds(Tariff *tariff, const JsonNode *tiers)
{
	Numeric		one = int64_to_numeric(1);
	Numeric		before = NumericZero();

	tariff->from_bounds = true;
	for (int i = 0; i < tiers->count; i++)
	{
		const JsonNode *tier = tiers->items[i];
		Numeric		from = GivenNumber(tier, "from");

		if (JsonGiven(tier, "up_to") != NULL)
			JsonInvalid(tier, "Give all tiers one way.", "Some tiers have \"from\", and this one has \"up_to\".");
		if (i == 0)
		{
			if (from == NULL)
				continue;
			if (NumericCompare(from, NumericZero()) != 0 && NumericCompare(from, one) != 0)
				JsonInvalid(JsonMember(tier, "from"),
							"Start at 0 or 1. A smallest quantity to order is no price: check it where the order is taken.",
							"The first tier starts at %s, and smaller quantities would have no price.", NumericToText(from));
		}
		else if (from == NULL)
			JsonInvalid(tier, "Say from which quantity on the price holds.", "The key \"from\" is missing.");
		else if (NumericCompare(from, before) <= 0)
			JsonInvalid(JsonMember(tier, "from"), "Order the tiers by from, each bound once.",
						"It is not above %s, where the tier before starts.", NumericToText(before));
		if (i > 0)
			tariff->tiers[i - 1].up_to = from;
		before = from;
	}
}

/* tariff_def_in(cstring): reads the JSON form */
Datum
tariff_def_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {
		"mode", "tiers", "free_units", "package_size", "zero_fee", "minimum", "maximum",
		"round", "currency"
	};
	static const char *const tier_keys[] = {"up_to", "from", "unit_price", "flat_fee"};
	char	   *text = PG_GETARG_CSTRING(0);
	JsonNode   *root;
	JsonNode   *tiers;
	Tariff		tariff;
	bool		from_bounds = false;

	if (strlen(text) > MOST_TEXT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the text of a tariff_def is too long"),
				 errdetail("It has %zu bytes; %d are allowed.", strlen(text), MOST_TEXT),
				 errhint("A tariff has at most %d tiers.", TARIFF_MOST_TIERS)));
	TariffInit(&tariff);
	root = JsonRead(text, "tariff_def");
	JsonAllowKeys(root, keys, lengthof(keys));
	TariffReadOptions(&tariff, root);
	tiers = JsonRequire(root, "tiers");
	JsonExpect(tiers, JSON_KIND_ARRAY);
	if (tiers->count > TARIFF_MOST_TIERS)
		JsonInvalid(tiers, "Merge tiers, or describe a curve by fewer bounds.",
					"There are %d tiers; %d are allowed.", tiers->count, TARIFF_MOST_TIERS);
	tariff.tier_count = tiers->count;
	tariff.tiers = palloc0(Max(tiers->count, 1) * sizeof(TariffTier));
	for (int i = 0; i < tiers->count; i++)
	{
		const JsonNode *tier = tiers->items[i];

		JsonAllowKeys(tier, tier_keys, lengthof(tier_keys));
		tariff.tiers[i].up_to = GivenNumber(tier, "up_to");
		tariff.tiers[i].unit_price = GivenNumber(tier, "unit_price");
		tariff.tiers[i].flat_fee = GivenNumber(tier, "flat_fee");
		from_bounds = from_bounds || JsonGiven(tier, "from") != NULL;
	}
	if (from_bounds)
		ReadFromBounds(&tariff, tiers);
	PG_RETURN_POINTER(TariffPack(&tariff, TARIFF_FROM_TEXT));
}

/*
 * tariff_problem(text): why the text is no tariff_def, NULL where it is one.
 *
 * Reading a tariff takes no locks, opens nothing and changes nothing outside
 * the current memory context, so an error about the text leaves nothing to
 * clean up, and needs no subtransaction, which would forbid parallel plans.
 * All other errors (a cancel, no memory) go on.
 */
Datum
tariff_problem(PG_FUNCTION_ARGS)
{
	char	   *json = text_to_cstring(PG_GETARG_TEXT_PP(0));
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *volatile problem = NULL;

	PG_TRY();
	{
		DirectFunctionCall1(tariff_def_in, CStringGetDatum(json));
	}
	PG_CATCH();
	{
		int			category = ERRCODE_TO_CATEGORY(geterrcode());

		if (category != ERRCODE_DATA_EXCEPTION && category != ERRCODE_PROGRAM_LIMIT_EXCEEDED)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		problem = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();

	if (problem == NULL)
		PG_RETURN_NULL();
	if (problem->detail == NULL)
		PG_RETURN_TEXT_P(cstring_to_text(problem->message));
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("%s: %s", problem->message, problem->detail)));
}

static bool
IsZero(Numeric number)
{
	return NumericCompare(number, NumericZero()) == 0;
}

/* tariff_def_out(tariff_def): the same text for equal tariffs */
Datum
tariff_def_out(PG_FUNCTION_ARGS)
{
	Tariff		tariff;
	StringInfoData text;

	TariffUnpack(TariffDetoast(PG_GETARG_DATUM(0)), &tariff);
	initStringInfo(&text);
	appendStringInfo(&text, "{\"mode\": \"%s\", \"tiers\": [", mode_names[tariff.mode]);
	for (int i = 0; i < tariff.tier_count; i++)
	{
		TariffTier *tier = &tariff.tiers[i];

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i > 0 ? ", {" : "{");
		if (tariff.from_bounds && i > 0)
			appendStringInfo(&text, "\"from\": %s, ", NumericToText(tier[-1].up_to));
		if (!tariff.from_bounds && tier->up_to)
			appendStringInfo(&text, "\"up_to\": %s, ", NumericToText(tier->up_to));
		appendStringInfo(&text, "\"unit_price\": %s", NumericToText(tier->unit_price));
		if (!IsZero(tier->flat_fee))
			appendStringInfo(&text, ", \"flat_fee\": %s", NumericToText(tier->flat_fee));
		appendStringInfoChar(&text, '}');
	}
	appendStringInfoChar(&text, ']');
	if (!IsZero(tariff.free_units))
		appendStringInfo(&text, ", \"free_units\": %s", NumericToText(tariff.free_units));
	if (tariff.package_size)
		appendStringInfo(&text, ", \"package_size\": %s", NumericToText(tariff.package_size));
	if (!tariff.zero_fee)
		appendStringInfoString(&text, ", \"zero_fee\": false");
	if (tariff.minimum)
		appendStringInfo(&text, ", \"minimum\": %s", NumericToText(tariff.minimum));
	if (tariff.maximum)
		appendStringInfo(&text, ", \"maximum\": %s", NumericToText(tariff.maximum));
	if (tariff.rounded)
	{
		appendStringInfo(&text, ", \"round\": {\"scale\": %d", tariff.round_scale);
		if (tariff.rounding != TARIFF_HALF_UP)
			appendStringInfo(&text, ", \"mode\": \"%s\"", rounding_names[tariff.rounding]);
		appendStringInfoChar(&text, '}');
	}
	if (tariff.currency)
	{
		appendStringInfoString(&text, ", \"currency\": ");
		JsonPutText(&text, tariff.currency);
	}
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

/*
 * Binary form
 */

#define LEAST_NUMBER_BYTES	12	/* length, then numeric's own header */

/* tariff_def_recv(internal): checks what tariff_def_in checks */
Datum
tariff_def_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), TARIFF_DEF_VERSION,
									   "tariff_def");
	Tariff		tariff;
	int			flags;
	int			mode;
	int			rounding;
	int			length;

	TariffInit(&tariff);
	flags = WireGetByte(&reader);
	if (flags & ~(FLAG_ZERO_FEE | FLAG_ROUNDED | FLAG_PACKAGE | FLAG_MINIMUM | FLAG_MAXIMUM | FLAG_FROM_BOUNDS))
		WireCorrupt(&reader, "It has unknown flags: %d.", flags);
	tariff.from_bounds = (flags & FLAG_FROM_BOUNDS) != 0;
	tariff.zero_fee = (flags & FLAG_ZERO_FEE) != 0;
	tariff.rounded = (flags & FLAG_ROUNDED) != 0;
	mode = WireGetByte(&reader);
	if (mode >= (int) lengthof(mode_names))
		WireCorrupt(&reader, "It has an unknown mode: %d.", mode);
	tariff.mode = mode;
	rounding = WireGetByte(&reader);
	tariff.round_scale = WireGetInt(&reader);
	if (rounding >= (int) lengthof(rounding_names) ||
		(!tariff.rounded && (rounding != 0 || tariff.round_scale != 0)))
		WireCorrupt(&reader, "It has an invalid rounding: %d.", rounding);
	tariff.rounding = rounding;
	tariff.currency = WireGetBytes(&reader, &length);
	if (length == 0)
		tariff.currency = NULL;
	tariff.free_units = WireGetNumeric(&reader);
	if (flags & FLAG_PACKAGE)
		tariff.package_size = WireGetNumeric(&reader);
	if (flags & FLAG_MINIMUM)
		tariff.minimum = WireGetNumeric(&reader);
	if (flags & FLAG_MAXIMUM)
		tariff.maximum = WireGetNumeric(&reader);
	tariff.tier_count = WireGetCount(&reader, "tiers", TARIFF_MOST_TIERS, 2 * LEAST_NUMBER_BYTES);
	tariff.tiers = palloc0(Max(tariff.tier_count, 1) * sizeof(TariffTier));
	for (int i = 0; i < tariff.tier_count; i++)
	{
		if (i < tariff.tier_count - 1)
			tariff.tiers[i].up_to = WireGetNumeric(&reader);
		tariff.tiers[i].unit_price = WireGetNumeric(&reader);
		tariff.tiers[i].flat_fee = WireGetNumeric(&reader);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(TariffPack(&tariff, TARIFF_FROM_BINARY));
}

Datum
tariff_def_send(PG_FUNCTION_ARGS)
{
	struct varlena *value = TariffDetoast(PG_GETARG_DATUM(0));
	Tariff		tariff;
	StringInfoData buffer;

	TariffUnpack(value, &tariff);
	WireBeginSend(&buffer, TARIFF_DEF_VERSION);
	WirePutByte(&buffer, ((TariffDef *) value)->header.flags);
	WirePutByte(&buffer, tariff.mode);
	WirePutByte(&buffer, tariff.rounding);
	WirePutInt(&buffer, tariff.round_scale);
	WirePutBytes(&buffer, tariff.currency ? tariff.currency : "",
				 tariff.currency ? strlen(tariff.currency) : 0);
	WirePutNumeric(&buffer, tariff.free_units);
	if (tariff.package_size)
		WirePutNumeric(&buffer, tariff.package_size);
	if (tariff.minimum)
		WirePutNumeric(&buffer, tariff.minimum);
	if (tariff.maximum)
		WirePutNumeric(&buffer, tariff.maximum);
	WirePutInt(&buffer, tariff.tier_count);
	for (int i = 0; i < tariff.tier_count; i++)
	{
		if (tariff.tiers[i].up_to)
			WirePutNumeric(&buffer, tariff.tiers[i].up_to);
		WirePutNumeric(&buffer, tariff.tiers[i].unit_price);
		WirePutNumeric(&buffer, tariff.tiers[i].flat_fee);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * The constructor
 */

/* The numbers of an array, NULL where an element is; count 0 for a NULL array. */
static Numeric *
NumbersOfArray(FunctionCallInfo fcinfo, int argument, const char *name, int *count)
{
	ArrayItems	items;
	Numeric    *numbers;

	*count = 0;
	if (PG_ARGISNULL(argument))
		return NULL;
	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(argument), name);
	*count = items.count;
	numbers = palloc(Max(items.count, 1) * sizeof(Numeric));
	for (int i = 0; i < items.count; i++)
		numbers[i] = items.nulls[i] ? NULL : DatumGetNumeric(items.values[i]);
	return numbers;
}

static Numeric
NumberArgument(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : PG_GETARG_NUMERIC(argument);
}

/*
 * tariff(mode, up_to, unit_price, flat_fee, free_units, package_size, zero_fee,
 * minimum, maximum, round, currency)
 *
 * up_to has an element a tier, NULL for the last, or leaves out the last.
 */
Datum
tariff_construct(PG_FUNCTION_ARGS)
{
	Tariff		tariff;
	Numeric    *bounds;
	Numeric    *prices;
	Numeric    *fees;
	int			bound_count;
	int			fee_count;
	char	   *mode = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));

	TariffInit(&tariff);
	if (mode == NULL || !TariffModeFromText(mode, &tariff.mode))
		TariffInvalid(TARIFF_FROM_ARGUMENTS,
					  "Say 'graduated' (each unit at its own tier's price) or 'volume' (all at the price of the total's tier).",
					  "The mode %s is unknown.", mode ? psprintf("\"%s\"", mode) : "NULL");
	bounds = NumbersOfArray(fcinfo, 1, "up_to", &bound_count);
	prices = NumbersOfArray(fcinfo, 2, "unit_price", &tariff.tier_count);
	fees = NumbersOfArray(fcinfo, 3, "flat_fee", &fee_count);
	if (tariff.tier_count > 0 && bound_count != tariff.tier_count &&
		bound_count != tariff.tier_count - 1)
		TariffInvalid(TARIFF_FROM_ARGUMENTS,
					  "Give up_to an element a tier, NULL for the last one.",
					  "up_to has %d elements, unit_price has %d.", bound_count, tariff.tier_count);
	if (fees && fee_count != tariff.tier_count)
		TariffInvalid(TARIFF_FROM_ARGUMENTS,
					  "Give flat_fee an element a tier, 0 or NULL where there is none.",
					  "flat_fee has %d elements, unit_price has %d.", fee_count, tariff.tier_count);
	tariff.tiers = palloc0(Max(tariff.tier_count, 1) * sizeof(TariffTier));
	for (int i = 0; i < tariff.tier_count; i++)
	{
		tariff.tiers[i].up_to = i < bound_count ? bounds[i] : NULL;
		tariff.tiers[i].unit_price = prices[i];
		tariff.tiers[i].flat_fee = fees ? fees[i] : NULL;
	}

	if (!PG_ARGISNULL(4))
		tariff.free_units = PG_GETARG_NUMERIC(4);
	tariff.package_size = NumberArgument(fcinfo, 5);
	if (!PG_ARGISNULL(6))
		tariff.zero_fee = PG_GETARG_BOOL(6);
	tariff.minimum = NumberArgument(fcinfo, 7);
	tariff.maximum = NumberArgument(fcinfo, 8);
	if (!PG_ARGISNULL(9))
	{
		Jsonb	   *value = PG_GETARG_JSONB_P(9);
		JsonNode   *round = JsonRead(JsonbToCString(NULL, &value->root, VARSIZE(value)), "round");

		if (round->kind != JSON_KIND_NULL)
			TariffReadRounding(&tariff, round);
	}
	if (!PG_ARGISNULL(10))
		tariff.currency = text_to_cstring(PG_GETARG_TEXT_PP(10));
	PG_RETURN_POINTER(TariffPack(&tariff, TARIFF_FROM_ARGUMENTS));
}
