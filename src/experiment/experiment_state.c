/*
 * experiment_state.c
 *		experiment_state in SQL: its four forms, experiment_agg and
 *		experiment_merge.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/json_tree.h"
#include "base/keys.h"
#include "base/wire.h"
#include "experiment/experiment.h"

#define EXPERIMENT_STATE_VERSION	1
#define LONGEST_NAME				1000	/* bytes */

PG_FUNCTION_INFO_V1(experiment_state_in);
PG_FUNCTION_INFO_V1(experiment_state_out);
PG_FUNCTION_INFO_V1(experiment_state_recv);
PG_FUNCTION_INFO_V1(experiment_state_send);
PG_FUNCTION_INFO_V1(experiment_state_add);
PG_FUNCTION_INFO_V1(experiment_state_combine);
PG_FUNCTION_INFO_V1(experiment_state_final);

const ExperimentPair experiment_pairs[EXPERIMENT_PRODUCTS] = {
	{EXPERIMENT_VALUE, EXPERIMENT_VALUE},
	{EXPERIMENT_VALUE, EXPERIMENT_PER},
	{EXPERIMENT_PER, EXPERIMENT_PER},
	{EXPERIMENT_VALUE, EXPERIMENT_COVARIATE},
	{EXPERIMENT_PER, EXPERIMENT_COVARIATE},
	{EXPERIMENT_COVARIATE, EXPERIMENT_COVARIATE}
};

static const char *const column_names[EXPERIMENT_COLUMNS] = {"value", "per", "covariate"};

/* Keys of the JSON form, in the order of columns and of products. */
static const char *const sum_keys[EXPERIMENT_COLUMNS] = {"value", "per", "covariate"};
static const char *const largest_keys[EXPERIMENT_COLUMNS] = {
	"value_largest", "per_largest", "covariate_largest"
};
static const char *const product_keys[EXPERIMENT_PRODUCTS] = {
	"value_value", "value_per", "per_per", "value_covariate", "per_covariate", "covariate_covariate"
};
static const char *const scale_keys[EXPERIMENT_COLUMNS] = {
	"value_scale", "per_scale", "covariate_scale"
};

/* ------------------------------------------------------------------------- */

static inline Size
StateUsed(const ExperimentState *state)
{
	return sizeof(ExperimentState) + state->used;
}

static inline bool
HasColumn(const ExperimentState *state, int column)
{
	switch (column)
	{
		case EXPERIMENT_PER:
			return (state->header.flags & EXPERIMENT_HAS_PER) != 0;
		case EXPERIMENT_COVARIATE:
			return (state->header.flags & EXPERIMENT_HAS_COVARIATE) != 0;
		default:
			return true;
	}
}

static inline bool
HasProduct(const ExperimentState *state, int product)
{
	return HasColumn(state, experiment_pairs[product].left) &&
		HasColumn(state, experiment_pairs[product].right);
}

static inline int
ProductGroups(const ExperimentState *state, int product)
{
	return ColumnGroups(state, experiment_pairs[product].left) +
		ColumnGroups(state, experiment_pairs[product].right);
}

static inline int
ProductScale(const ExperimentState *state, int product)
{
	return state->scale[experiment_pairs[product].left] +
		state->scale[experiment_pairs[product].right];
}

/* Orders names by their bytes, so that no collation has a say. */
int
CompareVariantNames(const char *left, int left_length, const char *right, int right_length)
{
	int			order = memcmp(left, right, Min(left_length, right_length));

	return order != 0 ? order : left_length - right_length;
}

static ExperimentState *
ExperimentStateCreate(void)
{
	return StateCreate(sizeof(ExperimentState) + 2 * MAXALIGN(sizeof(ExperimentVariant) + 16),
					   EXPERIMENT_STATE_VERSION);
}

/*
 * Checks a variant's sums against each other; NULL, or the rule that is broken.
 * What passes can be added and compared without an overflow.
 */
static const char *
VariantBroken(const ExperimentState *state, const ExperimentVariant *variant)
{
	static const Magnitude one = {1, 0};
	IntegerSum	positive = variant->sum[EXPERIMENT_VALUE];
	IntegerSum	less = variant->negative;

	if (variant->units < 1)
		return "A variant has no units.";
	for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
	{
		if (variant->largest[c].high >> (MAGNITUDE_BITS - 64))
			return "A largest number is too large.";
		if (!IntegerSumWithin(&variant->sum[c], variant->units, variant->largest[c], one))
			return "A sum is larger than the largest number allows.";
	}
	for (int p = 0; p < EXPERIMENT_PRODUCTS; p++)
	{
		const ExperimentPair *pair = &experiment_pairs[p];

		if (!IntegerSumWithin(&variant->product[p], variant->units, variant->largest[pair->left],
					   variant->largest[pair->right]))
			return "A sum of products is larger than the largest numbers allow.";
		if (pair->left == pair->right &&
			IntegerSumScatterSign(variant->units, &variant->product[p], &variant->sum[pair->left]) < 0)
			return "A sum of squares is smaller than the sum allows.";
	}
	if ((!IntegerSumIsNegative(&less) && !IntegerSumIsZero(&less)) ||
		!IntegerSumWithin(&less, variant->units, variant->largest[EXPERIMENT_VALUE], one))
		return "The sum of the negative values is impossible.";
	/* value - negative is the sum of the others */
	for (int i = 0; i < INTEGER_SUM_WORDS; i++)
		less.word[i] = ~less.word[i];
	IntegerSumAddSum(&positive, &less);
	IntegerSumAdd(&positive, 1);
	if (IntegerSumIsNegative(&positive) ||
		!IntegerSumWithin(&positive, variant->units, variant->largest[EXPERIMENT_VALUE], one))
		return "The sum of the values that are not negative is impossible.";
	if (variant->is_binary)
	{
		IntegerSum	squares = variant->sum[EXPERIMENT_VALUE];

		if (!IntegerSumRescale(&squares, ColumnGroups(state, EXPERIMENT_VALUE)) ||
			memcmp(&squares, &variant->product[PRODUCT_VALUE_VALUE], sizeof(IntegerSum)) != 0 ||
			!IntegerSumIsZero(&variant->negative))
			return "Values of 0 and 1 are their own squares.";
	}
	return NULL;
}

#ifdef USE_ASSERT_CHECKING
/* The rules that hold for every experiment_state; NULL, or which one is broken. */
static const char *
ExperimentStateBroken(const ExperimentState *state)
{
	const ExperimentVariant *variant = FirstVariant(state);
	const ExperimentVariant *before = NULL;
	Size		used = 0;

	for (int i = 0; i < state->variants; i++)
	{
		if (before && CompareVariantNames(before->name, before->length,
										  variant->name, variant->length) >= 0)
			return "Variants are not in order.";
		used += variant->size;
		before = variant;
		variant = NextVariant(variant);
	}
	return used == (Size) state->used ? NULL : "Variants do not fill the state.";
}
#endif

/*
 * Finds a variant, or makes room for it where it belongs. Returns the state, or a
 * larger one in the current context.
 */
static ExperimentState *
FindVariant(ExperimentState *state, const char *name, int length, ExperimentVariant **found)
{
	ExperimentVariant *variant = FirstVariant(state);
	char	   *end;
	Size		offset;
	Size		size;

	for (int i = 0; i < state->variants; i++, variant = NextVariant(variant))
		if (variant->length == length && memcmp(variant->name, name, length) == 0)
		{
			*found = variant;
			return state;
		}

	variant = FirstVariant(state);
	for (int i = 0; i < state->variants &&
		 CompareVariantNames(variant->name, variant->length, name, length) < 0; i++)
		variant = NextVariant(variant);
	if (state->variants >= EXPERIMENT_MOST_VARIANTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d variants in one experiment_state", EXPERIMENT_MOST_VARIANTS),
				 errdetail("The next one is \"%.*s\".", pg_mbcliplen(name, length, 100), name),
				 errhint("A variant is the group that a unit was assigned to, not the unit.")));
	if (length > LONGEST_NAME)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the name of a variant is longer than %d bytes", LONGEST_NAME),
				 errdetail("It begins with \"%.*s\".", pg_mbcliplen(name, length, 100), name),
				 errhint("Give a short name, for example control or new_price.")));
	offset = (char *) variant - (char *) state;
	size = MAXALIGN(offsetof(ExperimentVariant, name) + length);
	state = StateReserve(state, StateUsed(state), size, "experiment_state");
	variant = (ExperimentVariant *) ((char *) state + offset);
	end = (char *) state + StateUsed(state);
	memmove((char *) variant + size, variant, end - (char *) variant);
	memset(variant, 0, size);
	variant->size = (int32) size;
	variant->length = (int16) length;
	variant->is_binary = true;
	memcpy(variant->name, name, length);
	state->used += size;
	state->variants++;
	*found = variant;
	return state;
}

pg_noreturn static void
TooManyDigits(ExperimentColumn column, const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s has more digits than an experiment keeps", column_names[column]),
			 value ? errdetail("The value is %s; 38 digits are kept, from the largest number's first to the finest one's last.", value) :
			 errdetail("38 digits are kept, from the largest number's first to the finest one's last."),
			 errhint("Round the numbers, for example round(%s, 6).", column_names[column])));
}

/*
 * Lets a column have more digits behind the point: all sums so far in finer units.
 */
static void
RaiseScale(ExperimentState *state, ExperimentColumn column, int scale)
{
	int			groups = ScaleGroups(scale) - ColumnGroups(state, column);
	ExperimentVariant *variant = FirstVariant(state);

	state->scale[column] = scale;
	if (groups == 0)
		return;
	for (int i = 0; i < state->variants; i++, variant = NextVariant(variant))
	{
		unsigned __int128 largest = MagnitudeValue(variant->largest[column]);
		bool		fits = true;

		for (int g = 0; g < groups; g++)
		{
			if (largest > (((unsigned __int128) 1 << MAGNITUDE_BITS) - 1) / 10000)
				TooManyDigits(column, NULL);
			largest *= 10000;
		}
		variant->largest[column] = MagnitudeMake(largest);
		fits &= IntegerSumRescale(&variant->sum[column], groups);
		if (column == EXPERIMENT_VALUE)
			fits &= IntegerSumRescale(&variant->negative, groups);
		for (int p = 0; p < EXPERIMENT_PRODUCTS; p++)
			fits &= IntegerSumRescale(&variant->product[p],
							   groups * ((experiment_pairs[p].left == column) +
										 (experiment_pairs[p].right == column)));
		if (!fits)
			TooManyDigits(column, NULL);
	}
}

/* A finite number in units of a column, which gets finer where it must. */
static __int128
ReadNumber(ExperimentState *state, ExperimentColumn column, Datum datum, bool *is_binary)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	Decimal		decimal;
	int			scale;

	if (!DecimalFromNumeric(value, &decimal))
	{
		Numeric		number = (Numeric) PG_DETOAST_DATUM(datum);

		if (!NumericIsFinite(number))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be a finite number", column_names[column]),
					 errdetail("The value is %s.", NumericToText(number)),
					 errhint("Filter such rows out, or turn them into NULL with nullif().")));
		TooManyDigits(column, NumericToText(number));
	}
	*is_binary = decimal.groups == 0 && (decimal.coefficient == 0 || decimal.coefficient == 1);
	scale = Min(decimal.scale, EXPERIMENT_MOST_SCALE);
	if (unlikely(scale > state->scale[column]))
		RaiseScale(state, column, scale);
	if (!DecimalRescale(&decimal, ColumnGroups(state, column)))
		TooManyDigits(column, NumericToText((Numeric) PG_DETOAST_DATUM(datum)));
	return decimal.coefficient;
}

/* Adds a row's number to its column. */
static inline void
AddNumber(ExperimentVariant *variant, ExperimentColumn column, __int128 number)
{
	unsigned __int128 size = SizeOf(number);

	if (unlikely(size > MagnitudeValue(variant->largest[column])))
	{
		if (size >> MAGNITUDE_BITS)
			TooManyDigits(column, NULL);
		variant->largest[column] = MagnitudeMake(size);
	}
	IntegerSumAdd(&variant->sum[column], number);
}

/* ------------------------------------------------------------------------- */

/*
 * experiment_state_add(experiment_state, variant text, value numeric [, per
 * numeric [, covariate numeric]])
 */
Datum
experiment_state_add(PG_FUNCTION_ARGS)
{
	ExperimentState *state;
	ExperimentVariant *variant;
	text	   *name;
	__int128	numbers[EXPERIMENT_COLUMNS] = {0};
	bool		is_binary;
	bool		unused;
	uint16		form;

	AggregateContext(fcinfo, "experiment_agg");
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_STATE_AS_IT_IS();
	form = (PG_NARGS() > 3 && !PG_ARGISNULL(3) ? EXPERIMENT_HAS_PER : 0) |
		(PG_NARGS() > 4 ? EXPERIMENT_HAS_COVARIATE : 0);
	if (PG_ARGISNULL(0))
	{
		CheckTextKey(fcinfo, 1, "experiment_agg", "variant");
		state = ExperimentStateCreate();
		state->header.flags = form;
	}
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	if (state->header.flags != form)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("per must be given in all rows or in none"),
				 errdetail("It is NULL in some rows with a value and given in others."),
				 errhint("Leave out units without per, or give 0 where there was nothing to count.")));

	numbers[EXPERIMENT_VALUE] = ReadNumber(state, EXPERIMENT_VALUE, PG_GETARG_DATUM(2), &is_binary);
	if (form & EXPERIMENT_HAS_PER)
		numbers[EXPERIMENT_PER] = ReadNumber(state, EXPERIMENT_PER, PG_GETARG_DATUM(3), &unused);
	if ((form & EXPERIMENT_HAS_COVARIATE) && !PG_ARGISNULL(4))
		numbers[EXPERIMENT_COVARIATE] = ReadNumber(state, EXPERIMENT_COVARIATE, PG_GETARG_DATUM(4),
												   &unused);

	name = PG_GETARG_TEXT_PP(1);
	state = FindVariant(state, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), &variant);
	variant->units++;
	variant->is_binary &= is_binary;
	AddNumber(variant, EXPERIMENT_VALUE, numbers[EXPERIMENT_VALUE]);
	if (numbers[EXPERIMENT_VALUE] < 0)
		IntegerSumAdd(&variant->negative, numbers[EXPERIMENT_VALUE]);
	IntegerSumAddProduct(&variant->product[PRODUCT_VALUE_VALUE], numbers[EXPERIMENT_VALUE],
				  numbers[EXPERIMENT_VALUE]);
	if (form != 0)
	{
		AddNumber(variant, EXPERIMENT_PER, numbers[EXPERIMENT_PER]);
		AddNumber(variant, EXPERIMENT_COVARIATE, numbers[EXPERIMENT_COVARIATE]);
		for (int p = PRODUCT_VALUE_VALUE + 1; p < EXPERIMENT_PRODUCTS; p++)
			IntegerSumAddProduct(&variant->product[p], numbers[experiment_pairs[p].left],
						  numbers[experiment_pairs[p].right]);
	}
	Assert(ExperimentStateBroken(state) == NULL);
	PG_RETURN_POINTER(state);
}

/*
 * experiment_state_combine(experiment_state, experiment_state): either may be
 * NULL. The result is the first, changed in place, or a new one.
 */
Datum
experiment_state_combine(PG_FUNCTION_ARGS)
{
	ExperimentState *state;
	ExperimentState *other;
	const ExperimentVariant *more;

	AggregateContext(fcinfo, "experiment_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = ExperimentStateFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
	{
		state = ExperimentStateCreate();
		state->header.flags = other->header.flags;
	}
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	if (state->variants == 0)
		state->header.flags = other->header.flags;
	else if (other->variants > 0 && state->header.flags != other->header.flags)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("experiment_states of different forms cannot be merged"),
				 errdetail("Only one of them has %s.",
						   (state->header.flags ^ other->header.flags) & EXPERIMENT_HAS_PER ?
						   "per" : "a covariate"),
				 errhint("Fold all parts with the same arguments of experiment_agg.")));

	/* both in the finer units; other is a copy where it must change */
	for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
	{
		if (other->scale[c] > state->scale[c])
			RaiseScale(state, c, other->scale[c]);
		else if (other->scale[c] < state->scale[c])
		{
			if (other == (ExperimentState *) DatumGetPointer(PG_GETARG_DATUM(1)))
			{
				ExperimentState *copy = palloc(VARSIZE(other));

				memcpy(copy, other, VARSIZE(other));
				other = copy;
			}
			RaiseScale(other, c, state->scale[c]);
		}
	}
	more = FirstVariant(other);
	for (int i = 0; i < other->variants; i++, more = NextVariant(more))
	{
		ExperimentVariant *variant;

		CHECK_FOR_INTERRUPTS();
		state = FindVariant(state, more->name, more->length, &variant);
		CountAdd(&variant->units, more->units, "units in one variant");
		variant->is_binary &= more->is_binary;
		for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
		{
			if (MagnitudeValue(more->largest[c]) > MagnitudeValue(variant->largest[c]))
				variant->largest[c] = more->largest[c];
			IntegerSumAddSum(&variant->sum[c], &more->sum[c]);
		}
		for (int p = 0; p < EXPERIMENT_PRODUCTS; p++)
			IntegerSumAddSum(&variant->product[p], &more->product[p]);
		IntegerSumAddSum(&variant->negative, &more->negative);
	}
	Assert(ExperimentStateBroken(state) == NULL);
	PG_RETURN_POINTER(state);
}

/* experiment_state_final(experiment_state): without room to spare, in a copy */
Datum
experiment_state_final(PG_FUNCTION_ARGS)
{
	ExperimentState *state = ExperimentStateFromDatum(PG_GETARG_DATUM(0));

	PG_RETURN_POINTER(StateTrim(state, StateUsed(state)));
}

ExperimentState *
ExperimentStateFromDatum(Datum value)
{
	return StateFromDatum(value, EXPERIMENT_STATE_VERSION, sizeof(ExperimentState),
						  "experiment_state");
}

/* ------------------------------------------------------------------------- */

/* A key of a column or product that the state does not have must not be there. */
static bool
ExpectKey(const JsonNode *object, const char *key, bool has)
{
	if (!has && JsonMember(object, key))
		JsonInvalid(object, "per and covariate come with their scales, at the top.",
					"The key \"%s\" belongs to a column that the state does not have.", key);
	return has;
}

/* Whether a number of these units has no digits behind the scale. */
static bool
FitsScale(const IntegerSum *sum, int groups, int scale)
{
	IntegerSum	again;
	char		digits[INTEGER_SUM_TEXT_SIZE];

	return IntegerSumFromText(IntegerSumToText(sum, groups, scale, digits), groups, &again) &&
		memcmp(sum, &again, sizeof(again)) == 0;
}

/* Reads a sum under a key. */
static void
ReadSum(const JsonNode *object, const char *key, int groups, int scale, IntegerSum *sum)
{
	const JsonNode *node = JsonRequire(object, key);

	if (!IntegerSumFromText(NumericToText(JsonGetNumeric(node)), groups, sum) ||
		!FitsScale(sum, groups, scale))
		JsonInvalid(node, NULL, "It has more digits than its scale of %d allows.", scale);
}

static void
ReadVariant(ExperimentState **state, const JsonNode *node)
{
	static const char *const keys[] = {
		"variant", "units", "binary", "negative",
		"value", "per", "covariate", "value_largest", "per_largest", "covariate_largest",
		"value_value", "value_per", "per_per", "value_covariate", "per_covariate", "covariate_covariate"
	};
	ExperimentVariant *variant;
	const char *name;
	const char *broken;
	int			before = (*state)->variants;

	JsonAllowKeys(node, keys, lengthof(keys));
	name = JsonGetText(JsonRequire(node, "variant"));
	*state = FindVariant(*state, name, strlen(name), &variant);
	if ((*state)->variants == before)
		JsonInvalid(node, NULL, "The variant \"%s\" stands twice.", name);
	variant->units = JsonGetInt(JsonRequire(node, "units"), 1, PG_INT64_MAX);
	variant->is_binary = JsonGetBoolean(JsonRequire(node, "binary"));
	ReadSum(node, "negative", ColumnGroups(*state, EXPERIMENT_VALUE),
			(*state)->scale[EXPERIMENT_VALUE], &variant->negative);
	for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
	{
		IntegerSum	largest;
		bool		has = HasColumn(*state, c);
		bool		sum_there = ExpectKey(node, sum_keys[c], has);
		bool		largest_there = ExpectKey(node, largest_keys[c], has);

		if (!sum_there || !largest_there)
			continue;
		ReadSum(node, sum_keys[c], ColumnGroups(*state, c), (*state)->scale[c], &variant->sum[c]);
		ReadSum(node, largest_keys[c], ColumnGroups(*state, c), (*state)->scale[c], &largest);
		if (largest.word[2] | largest.word[3] | largest.word[4])
			JsonInvalid(node, NULL, "%s is out of range.", largest_keys[c]);
		variant->largest[c].low = largest.word[0];
		variant->largest[c].high = largest.word[1];
	}
	for (int p = 0; p < EXPERIMENT_PRODUCTS; p++)
		if (ExpectKey(node, product_keys[p], HasProduct(*state, p)))
			ReadSum(node, product_keys[p], ProductGroups(*state, p), ProductScale(*state, p),
					&variant->product[p]);
	if ((broken = VariantBroken(*state, variant)) != NULL)
		JsonInvalid(node, NULL, "%s", broken);
}

/*
 * experiment_state_in(cstring): reads {"value_scale": 2, "variants": [{"variant":
 * "control", "units": 2, "binary": false, "value": 12.50, …}]}
 */
Datum
experiment_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"value_scale", "per_scale", "covariate_scale", "variants"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "experiment_state");
	ExperimentState *state = ExperimentStateCreate();
	JsonNode   *list;

	JsonAllowKeys(root, keys, lengthof(keys));
	JsonRequire(root, "value_scale");
	for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
	{
		JsonNode   *scale = JsonMember(root, scale_keys[c]);

		if (scale == NULL)
			continue;
		state->scale[c] = (int32) JsonGetInt(scale, 0, EXPERIMENT_MOST_SCALE);
		if (c == EXPERIMENT_PER)
			state->header.flags |= EXPERIMENT_HAS_PER;
		if (c == EXPERIMENT_COVARIATE)
			state->header.flags |= EXPERIMENT_HAS_COVARIATE;
	}
	list = JsonRequire(root, "variants");
	JsonExpect(list, JSON_KIND_ARRAY);
	if (list->count == 0)
		JsonInvalid(list, NULL, "It has no variants.");
	for (int i = 0; i < list->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		ReadVariant(&state, list->items[i]);
	}
	PG_RETURN_POINTER(StateTrim(state, StateUsed(state)));
}

static void
PutSum(StringInfo text, const char *key, const IntegerSum *sum, int groups, int scale)
{
	char		digits[INTEGER_SUM_TEXT_SIZE];

	appendStringInfo(text, ", \"%s\": %s", key, IntegerSumToText(sum, groups, scale, digits));
}

/* experiment_state_out(experiment_state): the same text for equal states */
Datum
experiment_state_out(PG_FUNCTION_ARGS)
{
	ExperimentState *state = ExperimentStateFromDatum(PG_GETARG_DATUM(0));
	const ExperimentVariant *variant = FirstVariant(state);
	StringInfoData text;

	initStringInfo(&text);
	for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
		if (HasColumn(state, c))
			appendStringInfo(&text, "%s\"%s\": %d", c == 0 ? "{" : ", ", scale_keys[c],
							 state->scale[c]);
	appendStringInfoString(&text, ", \"variants\": [");
	for (int i = 0; i < state->variants; i++, variant = NextVariant(variant))
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "{\"variant\": " : ", {\"variant\": ");
		JsonPutText(&text, pnstrdup(variant->name, variant->length));
		appendStringInfo(&text, ", \"units\": " INT64_FORMAT ", \"binary\": %s", variant->units,
						 variant->is_binary ? "true" : "false");
		for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
		{
			IntegerSum	largest = {{variant->largest[c].low, variant->largest[c].high}};
			int			groups = ColumnGroups(state, c);

			if (!HasColumn(state, c))
				continue;
			PutSum(&text, sum_keys[c], &variant->sum[c], groups, state->scale[c]);
			if (c == EXPERIMENT_VALUE)
				PutSum(&text, "negative", &variant->negative, groups, state->scale[c]);
			PutSum(&text, largest_keys[c], &largest, groups, state->scale[c]);
		}
		for (int p = 0; p < EXPERIMENT_PRODUCTS; p++)
			if (HasProduct(state, p))
				PutSum(&text, product_keys[p], &variant->product[p], ProductGroups(state, p),
					   ProductScale(state, p));
		appendStringInfoChar(&text, '}');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

static void
GetSum(WireReader *reader, IntegerSum *sum, int groups, int scale)
{
	for (int i = 0; i < INTEGER_SUM_WORDS; i++)
		sum->word[i] = (uint64) WireGetInt64(reader);
	if (!FitsScale(sum, groups, scale))
		WireCorrupt(reader, "A sum has more digits behind the point than %d.", scale);
}

static void
PutWords(StringInfo buffer, const IntegerSum *sum)
{
	for (int i = 0; i < INTEGER_SUM_WORDS; i++)
		WirePutInt64(buffer, sum->word[i]);
}

Datum
experiment_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), EXPERIMENT_STATE_VERSION,
									   "experiment_state");
	ExperimentState *state = ExperimentStateCreate();
	int			count;

	state->header.flags = WireGetByte(&reader);
	if (state->header.flags & ~(EXPERIMENT_HAS_PER | EXPERIMENT_HAS_COVARIATE))
		WireCorrupt(&reader, "It has the unknown form %u.", state->header.flags);
	for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
	{
		if (!HasColumn(state, c))
			continue;
		state->scale[c] = WireGetByte(&reader);
		if (state->scale[c] > EXPERIMENT_MOST_SCALE)
			WireCorrupt(&reader, "It has the scale %d; %d is the most.", state->scale[c],
						EXPERIMENT_MOST_SCALE);
	}
	count = WireGetCount(&reader, "variants", EXPERIMENT_MOST_VARIANTS, 2 * INTEGER_SUM_WORDS * sizeof(uint64));
	if (count == 0)
		WireCorrupt(&reader, "It has no variants.");
	for (int i = 0; i < count; i++)
	{
		ExperimentVariant *variant;
		int			length;
		char	   *name = WireGetBytes(&reader, &length);
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		state = FindVariant(state, name, length, &variant);
		if (state->variants != i + 1)
			WireCorrupt(&reader, "A variant stands twice.");
		variant->units = WireGetInt64(&reader);
		variant->is_binary = WireGetByte(&reader) != 0;
		for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
		{
			int			groups = ColumnGroups(state, c);
			IntegerSum	largest = {{0}};

			if (!HasColumn(state, c))
				continue;
			GetSum(&reader, &variant->sum[c], groups, state->scale[c]);
			if (c == EXPERIMENT_VALUE)
				GetSum(&reader, &variant->negative, groups, state->scale[c]);
			largest.word[0] = variant->largest[c].low = (uint64) WireGetInt64(&reader);
			largest.word[1] = variant->largest[c].high = (uint64) WireGetInt64(&reader);
			if (!FitsScale(&largest, groups, state->scale[c]))
				WireCorrupt(&reader, "A number has more digits behind the point than %d.", state->scale[c]);
		}
		for (int p = 0; p < EXPERIMENT_PRODUCTS; p++)
			if (HasProduct(state, p))
				GetSum(&reader, &variant->product[p], ProductGroups(state, p), ProductScale(state, p));
		if ((broken = VariantBroken(state, variant)) != NULL)
			WireCorrupt(&reader, "%s", broken);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(StateTrim(state, StateUsed(state)));
}

Datum
experiment_state_send(PG_FUNCTION_ARGS)
{
	ExperimentState *state = ExperimentStateFromDatum(PG_GETARG_DATUM(0));
	const ExperimentVariant *variant = FirstVariant(state);
	StringInfoData buffer;

	WireBeginSend(&buffer, EXPERIMENT_STATE_VERSION);
	WirePutByte(&buffer, state->header.flags);
	for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
		if (HasColumn(state, c))
			WirePutByte(&buffer, state->scale[c]);
	WirePutInt(&buffer, state->variants);
	for (int i = 0; i < state->variants; i++, variant = NextVariant(variant))
	{
		WirePutBytes(&buffer, variant->name, variant->length);
		WirePutInt64(&buffer, variant->units);
		WirePutByte(&buffer, variant->is_binary);
		for (int c = 0; c < EXPERIMENT_COLUMNS; c++)
		{
			if (!HasColumn(state, c))
				continue;
			PutWords(&buffer, &variant->sum[c]);
			if (c == EXPERIMENT_VALUE)
				PutWords(&buffer, &variant->negative);
			WirePutInt64(&buffer, variant->largest[c].low);
			WirePutInt64(&buffer, variant->largest[c].high);
		}
		for (int p = 0; p < EXPERIMENT_PRODUCTS; p++)
			if (HasProduct(state, p))
				PutWords(&buffer, &variant->product[p]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

STATE_COMBINE(experiment_state_combine_two, experiment_state_combine, experiment_state_final)
