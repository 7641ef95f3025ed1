/*
 * tariff_import.c
 *		Price objects of Stripe, Lago and OpenMeter, as their APIs give them, read
 *		as tariffs; or refused, where a tariff_def cannot mean the same.
 *
 * Keys that say nothing about the price of a quantity (ids, metadata, billing
 * periods) are passed over; where only prices stand, an unknown key is an error.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/compat.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
#include "tariff/tariff.h"

PG_FUNCTION_INFO_V1(tariff_from_stripe);
PG_FUNCTION_INFO_V1(tariff_from_lago);
PG_FUNCTION_INFO_V1(tariff_from_openmeter);

/* The object in an argument. */
static JsonNode *
ReadArgument(FunctionCallInfo fcinfo, const char *type_name)
{
	Jsonb	   *value = PG_GETARG_JSONB_P(0);
	JsonNode   *root = JsonRead(JsonbToCString(NULL, &value->root, VARSIZE(value)), type_name);

	JsonExpect(root, JSON_KIND_OBJECT);
	return root;
}

static bool
IsText(const JsonNode *node, const char *text)
{
	return node && node->kind == JSON_KIND_STRING && strcmp(node->text, text) == 0;
}

/* A number under a key; NULL where it is absent or null. */
static Numeric
GivenNumber(const JsonNode *object, const char *key)
{
	JsonNode   *node = JsonGiven(object, key);

	return node ? JsonGetNumeric(node) : NULL;
}

/* Room for so many tiers, which must be some and bearable. */
static void
MakeTiers(Tariff *tariff, const JsonNode *list)
{
	JsonExpect(list, JSON_KIND_ARRAY);
	if (list->count < 1 || list->count > TARIFF_MOST_TIERS)
		JsonInvalid(list, NULL, "It has %d tiers; 1 to %d are allowed.",
					list->count, TARIFF_MOST_TIERS);
	tariff->tier_count = list->count;
	tariff->tiers = palloc0(list->count * sizeof(TariffTier));
}

/* A tariff of one open tier. */
static void
MakeTier(Tariff *tariff, Numeric unit_price, Numeric flat_fee)
{
	tariff->tier_count = 1;
	tariff->tiers = palloc0(sizeof(TariffTier));
	tariff->tiers[0].unit_price = unit_price;
	tariff->tiers[0].flat_fee = flat_fee;
}

static void
GetMode(Tariff *tariff, const JsonNode *node)
{
	if (!TariffModeFromText(JsonGetText(node), &tariff->mode))
		JsonInvalid(node, "Known modes are graduated and volume.",
					"The mode \"%s\" has no counterpart here.", node->text);
}

/*
 * Sets currency and rounding of amounts that another system counts in minor
 * units; returns how many decimals these have.
 */
static int
SetCurrency(Tariff *tariff, const JsonNode *node)
{
	static const char *const without_minor[] = {
		"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV",
		"XAF", "XOF", "XPF"
	};
	/* counted in hundredths by the API, charged in whole units */
	static const char *const whole[] = {"ISK", "UGX"};
	static const char *const thousandths[] = {"BHD", "JOD", "KWD", "OMR", "TND"};
	char	   *code = pstrdup(JsonGetText(node));
	int			decimals = 2;

	for (char *at = code; *at; at++)
		*at = pg_ascii_toupper((unsigned char) *at);
	for (int i = 0; i < (int) lengthof(without_minor); i++)
		if (strcmp(code, without_minor[i]) == 0)
			decimals = 0;
	for (int i = 0; i < (int) lengthof(thousandths); i++)
		if (strcmp(code, thousandths[i]) == 0)
			decimals = 3;
	tariff->currency = code;
	tariff->rounded = true;
	tariff->round_scale = decimals;
	for (int i = 0; i < (int) lengthof(whole); i++)
		if (strcmp(code, whole[i]) == 0)
			tariff->round_scale = 0;
	return decimals;
}

/*
 * Stripe
 */

/*
 * An amount in minor units, under KEY_decimal or KEY; NULL where neither is given. One
 * that is not a decimal is charged as it stands, so it must be a price of the currency.
 */
static Numeric
StripeAmount(const Tariff *tariff, const JsonNode *object, const char *key, int decimals)
{
	Numeric		amount = GivenNumber(object, psprintf("%s_decimal", key));
	Numeric		price;

	if (amount != NULL)
		return NumericMultiply(amount, NumericPowerOfTen(-decimals));
	amount = GivenNumber(object, key);
	if (amount == NULL)
		return NULL;
	price = NumericMultiply(amount, NumericPowerOfTen(-decimals));
	if (NumericCompare(price, NumericTruncateTo(price, tariff->round_scale)) != 0)
		JsonInvalid(JsonMember(object, key), "Stripe counts this currency in hundredths and charges whole units: 500 is 5.",
					"%s is %s %s, no price that Stripe charges.", NumericToText(amount), NumericToText(price), tariff->currency);
	return price;
}

static void
StripeTiers(Tariff *tariff, const JsonNode *root, int decimals)
{
	const JsonNode *list = JsonGiven(root, "tiers");

	static const char *const keys[] = {
		"up_to", "unit_amount", "unit_amount_decimal", "flat_amount", "flat_amount_decimal"
	};

	GetMode(tariff, JsonRequire(root, "tiers_mode"));
	if (list == NULL)
		JsonInvalid(root, "Fetch the price with expand[]=tiers.", "The key \"tiers\" is missing.");
	MakeTiers(tariff, list);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		const JsonNode *up_to;
		Numeric		unit_price;

		JsonAllowKeys(node, keys, lengthof(keys));
		up_to = JsonGiven(node, "up_to");
		if (up_to && !IsText(up_to, "inf"))
			tariff->tiers[i].up_to = JsonGetNumeric(up_to);
		unit_price = StripeAmount(tariff, node, "unit_amount", decimals);
		tariff->tiers[i].unit_price = unit_price ? unit_price : NumericZero();
		tariff->tiers[i].flat_fee = StripeAmount(tariff, node, "flat_amount", decimals);
	}
}

/* tariff_from_stripe(jsonb): a Price object */
Datum
tariff_from_stripe(PG_FUNCTION_ARGS)
{
	JsonNode   *root = ReadArgument(fcinfo, "Stripe price");
	JsonNode   *scheme = JsonRequire(root, "billing_scheme");
	JsonNode   *transform = JsonGiven(root, "transform_quantity");
	Tariff		tariff;
	int			decimals;

	TariffInit(&tariff);
	decimals = SetCurrency(&tariff, JsonRequire(root, "currency"));
	if (JsonGiven(root, "custom_unit_amount"))
		JsonInvalid(root, NULL, "The customer chooses the amount (custom_unit_amount): no quantity has a price.");
	if (IsText(scheme, "tiered"))
	{
		if (transform)
			JsonInvalid(transform, NULL, "A tiered price does not transform its quantity.");
		StripeTiers(&tariff, root, decimals);
	}
	else if (IsText(scheme, "per_unit"))
	{
		Numeric		unit_price = StripeAmount(&tariff, root, "unit_amount", decimals);

		if (unit_price == NULL)
			JsonInvalid(root, NULL, "It has neither unit_amount nor unit_amount_decimal.");
		MakeTier(&tariff, unit_price, NULL);
		if (transform)
		{
			JsonNode   *round;

			JsonExpect(transform, JSON_KIND_OBJECT);
			round = JsonRequire(transform, "round");
			if (!IsText(round, "up"))
				JsonInvalid(round, "Divide the quantity before it is priced.",
							"A tariff rounds packages up; this price rounds them \"%s\".",
							round->text ? round->text : "null");
			tariff.package_size = JsonGetNumeric(JsonRequire(transform, "divide_by"));
		}
	}
	else
		JsonInvalid(scheme, "Known schemes are per_unit and tiered.",
					"The scheme has no counterpart here.");
	PG_RETURN_POINTER(TariffPack(&tariff, TARIFF_FROM_ARGUMENTS));
}

/*
 * Lago
 */

/* An amount for each event must be 0 or absent. */
static void
RefusePerEvent(const JsonNode *object, const char *key)
{
	const JsonNode *node = JsonGiven(object, key);

	if (node && NumericCompare(JsonGetNumeric(node), NumericZero()) != 0)
		JsonInvalid(node, "Price each event as a quantity of its own.",
					"It depends on single events, not on their sum.");
}

/*
 * Ranges of a Lago charge: either each starts where the one before ends, or, in
 * whole units, one above it ("1 to 10, 11 to 20"). Both are (10, 20] here, as they
 * are in Lago, which counts 10.5 units as 10 and a half.
 */
static void
LagoRanges(Tariff *tariff, const JsonNode *properties, const char *key, bool is_percentage)
{
	static const char *const unit_keys[] = {
		"from_value", "to_value", "flat_amount", "per_unit_amount"
	};
	static const char *const percentage_keys[] = {
		"from_value", "to_value", "flat_amount", "rate", "fixed_amount"
	};
	const JsonNode *list = JsonRequire(properties, key);
	Numeric		one = int64_to_numeric(1);
	bool		in_steps = false;

	MakeTiers(tariff, list);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		TariffTier *tier = &tariff->tiers[i];
		JsonNode   *from_node;
		Numeric		from;

		if (is_percentage)
			JsonAllowKeys(node, percentage_keys, lengthof(percentage_keys));
		else
			JsonAllowKeys(node, unit_keys, lengthof(unit_keys));
		RefusePerEvent(node, "fixed_amount");
		from_node = JsonRequire(node, "from_value");
		from = JsonGetNumeric(from_node);
		tier->up_to = GivenNumber(node, "to_value");
		tier->flat_fee = GivenNumber(node, "flat_amount");
		if (is_percentage)
			tier->unit_price = NumericMultiply(JsonGetNumeric(JsonRequire(node, "rate")),
											   NumericPowerOfTen(-2));
		else
			tier->unit_price = JsonGetNumeric(JsonRequire(node, "per_unit_amount"));

		if (i == 0)
		{
			if (NumericCompare(from, NumericZero()) != 0)
				JsonInvalid(from_node, NULL, "The first range starts at %s, not at 0.",
							NumericToText(from));
			continue;
		}
		if (tier[-1].up_to == NULL)
			JsonInvalid(from_node, NULL, "The range before it has no to_value.");
		if (i == 1)
			in_steps = NumericCompare(from, tier[-1].up_to) != 0;
		if (NumericCompare(from, in_steps ? NumericAdd(tier[-1].up_to, one) : tier[-1].up_to) != 0)
			JsonInvalid(from_node,
						"Start each range where the one before ends, or each one unit above it.",
						"The range starts at %s, the one before ends at %s.",
						NumericToText(from), NumericToText(tier[-1].up_to));
		if (in_steps && NumericCompare(from, NumericTruncateTo(from, 0)) != 0)
			JsonInvalid(from_node,
						"Start each range where the one before ends.",
						"Ranges one unit apart need whole bounds; %s is none: quantities between %s and it would have no range.",
						NumericToText(from), NumericToText(tier[-1].up_to));
	}
}

static void
LagoPercentage(Tariff *tariff, const JsonNode *properties)
{
	static const char *const per_event[] = {
		"fixed_amount", "free_units_per_events", "per_transaction_min_amount",
		"per_transaction_max_amount"
	};
	Numeric		free_units;

	for (int i = 0; i < (int) lengthof(per_event); i++)
		RefusePerEvent(properties, per_event[i]);
	MakeTier(tariff, NumericMultiply(JsonGetNumeric(JsonRequire(properties, "rate")),
									 NumericPowerOfTen(-2)), NULL);
	if ((free_units = GivenNumber(properties, "free_units_per_total_aggregation")) != NULL)
		tariff->free_units = free_units;
}

/* tariff_from_lago(jsonb): a charge of a plan; amount_currency may stand beside it */
Datum
tariff_from_lago(PG_FUNCTION_ARGS)
{
	/* of all models; what else there may be one day could change the price */
	static const char *const keys[] = {
		"amount", "package_size", "free_units", "graduated_ranges", "graduated_percentage_ranges",
		"volume_ranges", "rate", "fixed_amount", "free_units_per_events",
		"free_units_per_total_aggregation", "per_transaction_min_amount",
		"per_transaction_max_amount", "grouped_by", "pricing_group_keys",
		"presentation_group_keys"
	};
	JsonNode   *root = ReadArgument(fcinfo, "Lago charge");
	JsonNode   *model = JsonRequire(root, "charge_model");
	JsonNode   *properties = JsonRequire(root, "properties");
	JsonNode   *node;
	Numeric		minimum;
	Tariff		tariff;
	int			decimals = 2;

	TariffInit(&tariff);
	JsonAllowKeys(properties, keys, lengthof(keys));
	if ((node = JsonGiven(root, "amount_currency")) != NULL)
		decimals = SetCurrency(&tariff, node);
	if ((node = JsonGiven(root, "prorated")) != NULL && JsonGetBoolean(node))
		JsonInvalid(node, "Prorate the quantity before it is priced.",
					"A prorated charge depends on the days of the period, not on the quantity alone.");
	if ((node = JsonGiven(root, "filters")) != NULL && node->count > 0)
		JsonInvalid(node, "Pass the charge once for each filter, with that filter's properties.",
					"Its price differs by filter.");
	if ((node = JsonGiven(root, "applied_pricing_unit")) != NULL)
		JsonInvalid(node, NULL, "It is priced in units of its own, not in a currency.");

	if (IsText(model, "standard"))
		MakeTier(&tariff, JsonGetNumeric(JsonRequire(properties, "amount")), NULL);
	else if (IsText(model, "package"))
	{
		Numeric		free_units = GivenNumber(properties, "free_units");

		MakeTier(&tariff, JsonGetNumeric(JsonRequire(properties, "amount")), NULL);
		tariff.package_size = JsonGetNumeric(JsonRequire(properties, "package_size"));
		if (free_units)
			tariff.free_units = free_units;
	}
	else if (IsText(model, "graduated"))
		LagoRanges(&tariff, properties, "graduated_ranges", false);
	else if (IsText(model, "graduated_percentage"))
		LagoRanges(&tariff, properties, "graduated_percentage_ranges", true);
	else if (IsText(model, "volume"))
	{
		tariff.mode = TARIFF_VOLUME;
		LagoRanges(&tariff, properties, "volume_ranges", false);
	}
	else if (IsText(model, "percentage"))
		LagoPercentage(&tariff, properties);
	else
		JsonInvalid(model,
					"Known models are standard, package, graduated, graduated_percentage, volume and percentage.",
					"The model \"%s\" has no counterpart here.", JsonGetText(model));

	minimum = GivenNumber(root, "min_amount_cents");
	if (minimum)
		tariff.minimum = NumericMultiply(minimum, NumericPowerOfTen(-decimals));
	PG_RETURN_POINTER(TariffPack(&tariff, TARIFF_FROM_ARGUMENTS));
}

/*
 * OpenMeter
 */

/* The amount of {"type": …, "amount": "…"} under a key; NULL where it is absent. */
static Numeric
OpenMeterAmount(const JsonNode *object, const char *key)
{
	const JsonNode *node = JsonGiven(object, key);

	if (node == NULL)
		return NULL;
	JsonExpect(node, JSON_KIND_OBJECT);
	return JsonGetNumeric(JsonRequire(node, "amount"));
}

/* Tiers by bound, the open one last: OpenMeter takes them in any order. */
static int
CompareTiers(const void *left, const void *right)
{
	Numeric		left_bound = ((const TariffTier *) left)->up_to;
	Numeric		right_bound = ((const TariffTier *) right)->up_to;

	if (left_bound == NULL || right_bound == NULL)
		return (left_bound == NULL) - (right_bound == NULL);
	return NumericCompare(left_bound, right_bound);
}

static void
OpenMeterTiers(Tariff *tariff, const JsonNode *root)
{
	static const char *const keys[] = {"upToAmount", "unitPrice", "flatPrice"};
	const JsonNode *list = JsonRequire(root, "tiers");

	GetMode(tariff, JsonRequire(root, "mode"));
	MakeTiers(tariff, list);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		TariffTier *tier = &tariff->tiers[i];

		JsonAllowKeys(node, keys, lengthof(keys));
		tier->up_to = GivenNumber(node, "upToAmount");
		tier->unit_price = OpenMeterAmount(node, "unitPrice");
		tier->flat_fee = OpenMeterAmount(node, "flatPrice");
		if (tier->unit_price == NULL && tier->flat_fee == NULL)
			JsonInvalid(node, NULL, "It has neither unitPrice nor flatPrice.");
		if (tier->unit_price == NULL)
			tier->unit_price = NumericZero();
	}
	qsort(tariff->tiers, tariff->tier_count, sizeof(TariffTier), CompareTiers);
}

/* tariff_from_openmeter(jsonb): the price of a rate card */
Datum
tariff_from_openmeter(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {
		"type", "amount", "paymentTerm", "mode", "tiers", "quantityPerPackage", "minimumAmount",
		"maximumAmount"
	};
	JsonNode   *root = ReadArgument(fcinfo, "OpenMeter price");
	JsonNode   *type = JsonMember(root, "type");
	Tariff		tariff;

	TariffInit(&tariff);
	if (type == NULL || JsonMember(root, "price"))
		JsonInvalid(root, "Pass what stands under \"price\" in the rate card.",
					"It is not a price object.");
	if (IsText(type, "flat"))
		MakeTier(&tariff, NumericZero(), JsonGetNumeric(JsonRequire(root, "amount")));
	else if (IsText(type, "unit"))
		MakeTier(&tariff, JsonGetNumeric(JsonRequire(root, "amount")), NULL);
	else if (IsText(type, "package"))
	{
		MakeTier(&tariff, JsonGetNumeric(JsonRequire(root, "amount")), NULL);
		tariff.package_size = JsonGetNumeric(JsonRequire(root, "quantityPerPackage"));
	}
	else if (IsText(type, "tiered"))
		OpenMeterTiers(&tariff, root);
	else
		JsonInvalid(type, "Known types are flat, unit, package and tiered.",
					"The type \"%s\" has no counterpart here.", JsonGetText(type));
	JsonAllowKeys(root, keys, lengthof(keys));
	tariff.minimum = GivenNumber(root, "minimumAmount");
	tariff.maximum = GivenNumber(root, "maximumAmount");
	PG_RETURN_POINTER(TariffPack(&tariff, TARIFF_FROM_ARGUMENTS));
}
