/*
 * quote.c
 *		From a list amount to the net, step by step: discounts, surcharges, floors,
 *		ceilings, rounding. Every step is a row, and the rows foot:
 *		list_amount + sum(amount) = the last subtotal, exactly.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/compat.h"
#include "base/check.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
#include "base/rows.h"

#define MOST_STEPS			100
#define MOST_STEP_DECIMALS	10	/* so that no product of 100 steps is cut off */
#define MOST_LIST_DECIMALS	500
#define MOST_ROUND_SCALE	30

typedef enum StepKind
{
	STEP_PERCENT_OFF,
	STEP_AMOUNT_OFF,
	STEP_PERCENT_ADD,
	STEP_AMOUNT_ADD,
	STEP_FLOOR,
	STEP_CEILING,
	STEP_ROUND
} StepKind;

static const char *const kind_names[] = {
	"percent_off", "amount_off", "percent_add", "amount_add", "floor", "ceiling", "round"
};

#define KIND_LIST \
	"Known kinds are percent_off, amount_off, percent_add, amount_add, floor, ceiling and round."

typedef struct QuoteStep
{
	const char *name;
	StepKind	kind;
	Numeric		value;			/* of a percent kind: the percentage */
	int			scale;			/* of round */
	bool		of_list;
	Numeric		of_amount;		/* NULL where the percentage is of list or subtotal */
} QuoteStep;

/* What a step did. */
typedef struct StepResult
{
	Numeric		rate;			/* NULL where there is none */
	Numeric		amount;
	Numeric		subtotal;
} StepResult;

PG_FUNCTION_INFO_V1(quote_waterfall);
PG_FUNCTION_INFO_V1(quote_net);

static bool
IsPercent(StepKind kind)
{
	return kind == STEP_PERCENT_OFF || kind == STEP_PERCENT_ADD;
}

/* Tells a number in a string from a word. */
static bool
IsNumberStart(char first)
{
	return first == '-' || first == '+' || first == '.' || (first >= '0' && first <= '9');
}

/* A number of bearable length, from a step. */
static Numeric
StepNumber(const JsonNode *node)
{
	Numeric		value = NumericTrim(JsonGetNumeric(node));

	if (NumericScale(value) > MOST_STEP_DECIMALS ||
		strlen(NumericToText(value)) > 60)
		JsonInvalid(node, "Round it.", "The number has more than %d decimals, or too many digits.",
					MOST_STEP_DECIMALS);
	return value;
}

/*
 * Reads one step: an object with one kind.
 */
static void
ReadStep(const JsonNode *node, QuoteStep *step)
{
	const JsonNode *given = NULL;
	const JsonNode *of = NULL;

	memset(step, 0, sizeof(*step));
	JsonExpect(node, JSON_KIND_OBJECT);
	for (int i = 0; i < node->count; i++)
	{
		const JsonNode *member = node->items[i];
		int			kind = 0;

		if (strcmp(member->key, "name") == 0)
		{
			if (member->kind != JSON_KIND_NULL)
				step->name = JsonGetText(member);
			continue;
		}
		if (strcmp(member->key, "of") == 0)
		{
			of = member;
			continue;
		}
		while (kind < (int) lengthof(kind_names) && strcmp(member->key, kind_names[kind]) != 0)
			kind++;
		if (kind == (int) lengthof(kind_names))
			JsonInvalid(node, KIND_LIST, "The kind \"%s\" is unknown.", member->key);
		if (given)
			JsonInvalid(node, "Make two steps of it.", "It has two kinds, \"%s\" and \"%s\".",
						given->key, member->key);
		given = member;
		step->kind = kind;
	}
	if (given == NULL)
		JsonInvalid(node, KIND_LIST, "It has no kind.");

	if (step->kind == STEP_ROUND)
		step->scale = JsonGetInt(given, -MOST_ROUND_SCALE, MOST_ROUND_SCALE);
	else
	{
		step->value = StepNumber(given);
		if (step->kind != STEP_FLOOR && step->kind != STEP_CEILING &&
			NumericIsNegative(step->value))
			JsonInvalid(given, "Take off with percent_off and amount_off, add with percent_add and amount_add.",
						"It must be 0 or more, not %s.", NumericToText(step->value));
		if (step->kind == STEP_PERCENT_OFF &&
			NumericCompare(step->value, int64_to_numeric(100)) > 0)
			JsonInvalid(given, "Percentages are of a hundred: 20 is a fifth.",
						"It must be at most 100, not %s.", NumericToText(step->value));
	}

	if (of && !IsPercent(step->kind))
		JsonInvalid(of, "Leave it out.", "Only percentages are of something.");
	if (of && of->kind == JSON_KIND_STRING && strcmp(of->text, "list") == 0)
		step->of_list = true;
	else if (of && (of->kind == JSON_KIND_NUMBER ||
					(of->kind == JSON_KIND_STRING && IsNumberStart(of->text[0]))))
		step->of_amount = StepNumber(of);
	else if (of && of->kind != JSON_KIND_NULL &&
			 !(of->kind == JSON_KIND_STRING && strcmp(of->text, "running") == 0))
		JsonInvalid(of, "Say \"running\" (the subtotal so far), \"list\" (the list amount) or a number (an amount).",
					"It is none of these.");
	if (step->name == NULL)
		step->name = kind_names[step->kind];
}

/* The steps of a JSON array. */
static QuoteStep *
ReadSteps(Jsonb *value, int *count)
{
	JsonNode   *root = JsonRead(JsonbToCString(NULL, &value->root, VARSIZE(value)), "quote steps");
	QuoteStep  *steps;

	JsonExpect(root, JSON_KIND_ARRAY);
	if (root->count > MOST_STEPS)
		JsonInvalid(root, "Sum up small steps.", "There are %d steps; %d are allowed.",
					root->count, MOST_STEPS);
	steps = palloc(Max(root->count, 1) * sizeof(QuoteStep));
	for (int i = 0; i < root->count; i++)
		ReadStep(root->items[i], &steps[i]);
	*count = root->count;
	return steps;
}

/*
 * Takes one step from a subtotal.
 */
static StepResult
TakeStep(const QuoteStep *step, Numeric list, Numeric subtotal)
{
	StepResult	result = {NULL, NumericZero(), subtotal};

	switch (step->kind)
	{
		case STEP_PERCENT_OFF:
		case STEP_PERCENT_ADD:
			result.rate = NumericTrim(NumericMultiply(step->value, NumericPowerOfTen(-2)));
			result.amount = NumericMultiply(step->of_amount ? step->of_amount :
											step->of_list ? list : subtotal,
											result.rate);
			if (step->kind == STEP_PERCENT_OFF)
				result.amount = NumericSubtract(NumericZero(), result.amount);
			break;
		case STEP_AMOUNT_OFF:
			result.amount = NumericSubtract(NumericZero(), step->value);
			break;
		case STEP_AMOUNT_ADD:
			result.amount = step->value;
			break;
		case STEP_FLOOR:
			if (NumericCompare(subtotal, step->value) < 0)
				result.amount = NumericSubtract(step->value, subtotal);
			break;
		case STEP_CEILING:
			if (NumericCompare(subtotal, step->value) > 0)
				result.amount = NumericSubtract(step->value, subtotal);
			break;
		case STEP_ROUND:
			result.subtotal = NumericRoundTo(subtotal, step->scale);
			result.amount = NumericSubtract(result.subtotal, subtotal);
			return result;
	}
	result.subtotal = NumericAdd(subtotal, result.amount);
	return result;
}

static Numeric
CheckListAmount(Numeric list)
{
	CheckFiniteNumeric(list, "list_amount");
	if (NumericScale(list) > MOST_LIST_DECIMALS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("list_amount has too many decimals"),
				 errdetail("It has %d; %d are allowed.", NumericScale(list), MOST_LIST_DECIMALS),
				 errhint("Round it.")));
	return list;
}

/* quote_waterfall(list_amount numeric, steps jsonb): one row per step */
Datum
quote_waterfall(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	Numeric		list = CheckListAmount(PG_GETARG_NUMERIC(0));
	Numeric		subtotal = list;
	int			count;
	QuoteStep  *steps = ReadSteps(PG_GETARG_JSONB_P(1), &count);

	for (int i = 0; i < count; i++)
	{
		StepResult	step = TakeStep(&steps[i], list, subtotal);

		subtotal = step.subtotal;
		RowPutInt(&row, i + 1);
		RowPutText(&row, steps[i].name);
		RowPutText(&row, kind_names[steps[i].kind]);
		RowPutNumeric(&row, step.rate);
		RowPutNumeric(&row, step.amount);
		RowPutNumeric(&row, step.subtotal);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/* quote_net(list_amount numeric, steps jsonb): the last subtotal */
Datum
quote_net(PG_FUNCTION_ARGS)
{
	Numeric		list = CheckListAmount(PG_GETARG_NUMERIC(0));
	Numeric		subtotal = list;
	int			count;
	QuoteStep  *steps = ReadSteps(PG_GETARG_JSONB_P(1), &count);

	for (int i = 0; i < count; i++)
		subtotal = TakeStep(&steps[i], list, subtotal).subtotal;
	PG_RETURN_NUMERIC(subtotal);
}
