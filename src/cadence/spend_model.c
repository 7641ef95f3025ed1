/*
 * spend_model.c
 *		spend_model: what an order day of an account brings, learned or given.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "base/check.h"
#include "base/compat.h"
#include "cadence/cadence.h"

#define SPEND_MODEL_VERSION		1
#define NO_CORRELATION			(1 << SPEND_NUMBERS)

PG_FUNCTION_INFO_V1(spend_model_in);
PG_FUNCTION_INFO_V1(spend_model_out);
PG_FUNCTION_INFO_V1(spend_model_recv);
PG_FUNCTION_INFO_V1(spend_model_send);
PG_FUNCTION_INFO_V1(spend_model_rows);
PG_FUNCTION_INFO_V1(spend_expected);

static const char *const method_names[] = {"log", "gamma_gamma"};
static const char *const status_names[] = {
	"ok", "few", "equal", "no_revenue", "infinite_mean", "stopped"
};

/* What numbers[] holds, by method. */
static const char *const number_names[][SPEND_NUMBERS] = {
	{"log_mean", "within", "between", "credibility", "smear"},
	{"p", "q", "v", NULL, NULL}
};

enum LogNumbers
{
	LOG_MEAN, LOG_WITHIN, LOG_BETWEEN, LOG_CREDIBILITY, LOG_SMEAR
};

const char *
SpendMethodName(SpendMethod method)
{
	return method_names[method];
}

/* log or gamma_gamma; an error that names anything else */
SpendMethod
SpendMethodFromText(const char *name)
{
	for (int i = 0; i < (int) lengthof(method_names); i++)
		if (strcmp(name, method_names[i]) == 0)
			return (SpendMethod) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown method \"%s\"", name),
			 errhint("Known methods are log and gamma_gamma.")));
	return SPEND_LOG;
}

static SpendModel *
ModelCreate(void)
{
	return StateCreate(sizeof(SpendModel), SPEND_MODEL_VERSION);
}

SpendModel *
SpendModelFromDatum(Datum value)
{
	return StateFromDatum(value, SPEND_MODEL_VERSION, sizeof(SpendModel), "spend_model");
}

static bool
Has(const SpendModel *model, int number)
{
	return (model->missing & (1 << number)) == 0;
}

static bool
IsPositive(double value)
{
	return value > 0 && !isinf(value);
}

/* The rules that hold for every model; NULL, or which one is broken. */
static const char *
ModelBroken(const SpendModel *model)
{
	bool		learned = model->header.flags & SPEND_LEARNED;
	const double *numbers = model->numbers;

	if (model->status < 0 || model->status >= (int) lengthof(status_names))
		return "The status is unknown.";
	for (int i = 0; i < SPEND_NUMBERS; i++)
		if (Has(model, i) ? !isfinite(numbers[i]) : numbers[i] != 0)
			return "A number is not finite.";
	if (learned && (model->accounts < 1 || model->order_days < model->accounts))
		return "The counts of accounts and order days do not fit each other.";
	if (!learned && model->missing < NO_CORRELATION)
		return "A model that was given has no frequency_correlation.";
	if (!(fabs(model->frequency_correlation) <= 1 + 1e-9))
		return "frequency_correlation must lie between -1 and 1.";
	if (model->status == SPEND_NO_REVENUE)
		return (model->missing & (NO_CORRELATION - 1)) == NO_CORRELATION - 1 ? NULL :
			"A model without revenue has parameters.";
	if (model->method == SPEND_GAMMA_GAMMA)
	{
		for (int i = 0; i < 3; i++)
			if (!Has(model, i) || !IsPositive(numbers[i]))
				return "p, q and v must be positive and finite.";
		if ((numbers[1] <= 1) != (model->status == SPEND_INFINITE_MEAN))
			return "The status infinite_mean and q do not fit.";
		return model->status == SPEND_EQUAL ? "The status is one of method log." : NULL;
	}
	if (!Has(model, LOG_MEAN) || !Has(model, LOG_SMEAR) || !IsPositive(numbers[LOG_SMEAR]))
		return "Method log needs a log_mean and a positive smear.";
	if (numbers[LOG_CREDIBILITY] < 0 || numbers[LOG_WITHIN] < 0)
		return "credibility and within must not be negative.";
	if (model->status > SPEND_EQUAL || (model->status == SPEND_EQUAL && Has(model, LOG_CREDIBILITY)))
		return "The status does not fit the numbers.";
	return NULL;
}

/* A fit as a value. */
SpendModel *
SpendModelMake(const SpendFit *fit)
{
	const SpendParameters *p = &fit->parameters;
	const double log_numbers[SPEND_NUMBERS] = {p->log_mean, p->within, p->between, p->credibility, p->smear};
	const double gamma_numbers[SPEND_NUMBERS] = {p->p, p->q, p->v, NAN, NAN};
	const double *numbers = p->method == SPEND_LOG ? log_numbers : gamma_numbers;
	SpendModel *model = ModelCreate();

	model->header.flags = SPEND_LEARNED;
	model->method = p->method;
	model->status = p->status;
	model->accounts = fit->accounts;
	model->order_days = fit->order_days;
	for (int i = 0; i < SPEND_NUMBERS; i++)
	{
		/* an infinite credibility is one that is not there */
		if (isfinite(numbers[i]))
			model->numbers[i] = numbers[i] + 0.0;
		else
			model->missing |= 1 << i;
	}
	if (isfinite(fit->frequency_correlation))
		model->frequency_correlation = fit->frequency_correlation + 0.0;
	else
		model->missing |= NO_CORRELATION;
	return model;
}

/*
 * What the next order day of an account brings; false where the model cannot say.
 */
bool
SpendModelExpect(const SpendModel *model, const SpendRow *row, double *spend)
{
	SpendParameters parameters = {.method = model->method, .status = model->status};

	if (model->method == SPEND_LOG)
	{
		parameters.log_mean = model->numbers[LOG_MEAN];
		parameters.credibility = Has(model, LOG_CREDIBILITY) ? model->numbers[LOG_CREDIBILITY] :
			INFINITY;
		parameters.smear = model->numbers[LOG_SMEAR];
	}
	else
	{
		parameters.p = model->numbers[0];
		parameters.q = model->numbers[1];
		parameters.v = model->numbers[2];
	}
	*spend = SpendExpect(&parameters, row->positive_days, row->log_mean, row->mean);
	return isfinite(*spend);
}

/*
 * Reads {"method": "log", "log_mean": 5.3, "within": 0.1, "between": 4.2, "credibility":
 * 0.02, "smear": 1.01} or {"method": "gamma_gamma", "p": 6.25, "q": 3.74, "v": 15.44};
 * one that was learned has a status, accounts, order_days, frequency_correlation.
 * Numbers that cannot be said are left out.
 */
SpendModel *
SpendModelReadJson(const JsonNode *root)
{
	static const char *const common[] = {
		"method", "status", "accounts", "order_days", "frequency_correlation"
	};
	const char *keys[lengthof(common) + SPEND_NUMBERS];
	SpendModel *model = ModelCreate();
	int			key_count = lengthof(common);
	const JsonNode *node;
	const char *broken;

	JsonExpect(root, JSON_KIND_OBJECT);
	model->method = SpendMethodFromText(JsonGetText(JsonRequire(root, "method")));
	memcpy(keys, common, sizeof(common));
	for (int i = 0; i < SPEND_NUMBERS; i++)
	{
		const char *name = number_names[model->method][i];

		node = name != NULL ? JsonMember(root, name) : NULL;
		if (name != NULL)
			keys[key_count++] = name;
		if (node != NULL)
			model->numbers[i] = JsonGetFloat(node) + 0.0;
		else
			model->missing |= 1 << i;
	}
	JsonAllowKeys(root, keys, key_count);
	for (int i = 1; i < (int) lengthof(common); i++)
		if (JsonMember(root, common[i]) != NULL)
			model->header.flags |= SPEND_LEARNED;
	model->missing |= NO_CORRELATION;
	if (model->header.flags & SPEND_LEARNED)
	{
		model->status = JsonGetChoice(JsonRequire(root, "status"), status_names,
									  lengthof(status_names));
		model->accounts = JsonGetInt(JsonRequire(root, "accounts"), 1, PG_INT64_MAX);
		model->order_days = JsonGetInt(JsonRequire(root, "order_days"), 1, PG_INT64_MAX);
		if ((node = JsonMember(root, "frequency_correlation")) != NULL)
		{
			model->frequency_correlation = JsonGetFloat(node) + 0.0;
			model->missing &= ~NO_CORRELATION;
		}
	}
	else if (model->method == SPEND_GAMMA_GAMMA && Has(model, 1) && model->numbers[1] <= 1)
		model->status = SPEND_INFINITE_MEAN;
	if ((broken = ModelBroken(model)) != NULL)
		JsonInvalid(root, NULL, "%s", broken);
	return model;
}

/* The same text for equal models. */
void
SpendModelPutJson(StringInfo text, const SpendModel *model)
{
	appendStringInfo(text, "{\"method\": \"%s\"", method_names[model->method]);
	for (int i = 0; i < SPEND_NUMBERS; i++)
		if (Has(model, i))
		{
			appendStringInfo(text, ", \"%s\": ", number_names[model->method][i]);
			JsonPutFloat(text, model->numbers[i]);
		}
	if (model->header.flags & SPEND_LEARNED)
		appendStringInfo(text, ", \"status\": \"%s\", \"accounts\": " INT64_FORMAT
						 ", \"order_days\": " INT64_FORMAT, status_names[model->status],
						 model->accounts, model->order_days);
	if (model->missing < NO_CORRELATION)
	{
		appendStringInfoString(text, ", \"frequency_correlation\": ");
		JsonPutFloat(text, model->frequency_correlation);
	}
	appendStringInfoChar(text, '}');
}

Datum
spend_model_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(SpendModelReadJson(JsonRead(PG_GETARG_CSTRING(0), "spend_model")));
}

Datum
spend_model_out(PG_FUNCTION_ARGS)
{
	StringInfoData text;

	initStringInfo(&text);
	SpendModelPutJson(&text, SpendModelFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_CSTRING(text.data);
}

SpendModel *
SpendModelReadWire(WireReader *reader)
{
	SpendModel *model = ModelCreate();
	const char *broken;

	model->header.flags = WireGetByte(reader);
	model->method = WireGetByte(reader);
	model->status = WireGetByte(reader);
	model->missing = WireGetByte(reader);
	if (model->header.flags > SPEND_LEARNED || model->method > SPEND_GAMMA_GAMMA ||
		model->missing >= 2 * NO_CORRELATION ||
		(model->method == SPEND_GAMMA_GAMMA && (Has(model, 3) || Has(model, 4))))
		WireCorrupt(reader, "It has unknown flags or an unknown method.");
	for (int i = 0; i < SPEND_NUMBERS; i++)
		if (Has(model, i))
			model->numbers[i] = WireGetFloat(reader) + 0.0;
	if (model->missing < NO_CORRELATION)
		model->frequency_correlation = WireGetFloat(reader) + 0.0;
	if (model->header.flags & SPEND_LEARNED)
	{
		model->accounts = WireGetInt64(reader);
		model->order_days = WireGetInt64(reader);
	}
	else if (model->status != SPEND_OK && model->status != SPEND_INFINITE_MEAN)
		WireCorrupt(reader, "It has the status of one that was learned.");
	if ((broken = ModelBroken(model)) != NULL)
		WireCorrupt(reader, "%s", broken);
	return model;
}

void
SpendModelPutWire(StringInfo buffer, const SpendModel *model)
{
	WirePutByte(buffer, model->header.flags);
	WirePutByte(buffer, model->method);
	WirePutByte(buffer, model->status);
	WirePutByte(buffer, model->missing);
	for (int i = 0; i < SPEND_NUMBERS; i++)
		if (Has(model, i))
			WirePutFloat(buffer, model->numbers[i]);
	if (model->missing < NO_CORRELATION)
		WirePutFloat(buffer, model->frequency_correlation);
	if (model->header.flags & SPEND_LEARNED)
	{
		WirePutInt64(buffer, model->accounts);
		WirePutInt64(buffer, model->order_days);
	}
}

Datum
spend_model_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), SPEND_MODEL_VERSION,
									   "spend_model");
	SpendModel *model = SpendModelReadWire(&reader);

	WireEnd(&reader);
	PG_RETURN_POINTER(model);
}

Datum
spend_model_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	WireBeginSend(&buffer, SPEND_MODEL_VERSION);
	SpendModelPutWire(&buffer, SpendModelFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * spend_model_rows(spend_model) → rows (method, parameter text, value float8, accounts,
 * order_days bigint, frequency_correlation float8, status text), one for each
 * parameter; the last is what an order day of an unknown account brings
 */
Datum
spend_model_rows(PG_FUNCTION_ARGS)
{
	SpendModel *model = SpendModelFromDatum(PG_GETARG_DATUM(0));
	bool		learned = model->header.flags & SPEND_LEARNED;
	SpendRow	unknown = {0};
	RowWriter	row = RowsBegin(fcinfo);

	for (int i = 0; i <= SPEND_NUMBERS; i++)
	{
		const char *name = i < SPEND_NUMBERS ? number_names[model->method][i] : "new_account";
		double		value = i < SPEND_NUMBERS ? model->numbers[i] : 0;
		bool		known = i < SPEND_NUMBERS ? Has(model, i) : SpendModelExpect(model, &unknown, &value);

		if (name == NULL)
			continue;
		RowPutText(&row, method_names[model->method]);
		RowPutText(&row, name);
		RowPutKnown(&row, known, value);
		if (learned)
		{
			RowPutInt64(&row, model->accounts);
			RowPutInt64(&row, model->order_days);
		}
		else
		{
			RowPutNull(&row);
			RowPutNull(&row);
		}
		RowPutKnown(&row, model->missing < NO_CORRELATION, model->frequency_correlation);
		RowPutText(&row, status_names[model->status]);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * spend_expected(cadence_state, spend_model, as_of date) → float8; NULL without an order
 * day by as_of, and where the model cannot say
 */
Datum
spend_expected(PG_FUNCTION_ARGS)
{
	SpendModel *model = SpendModelFromDatum(PG_GETARG_DATUM(1));
	DateADT		as_of = CheckFiniteDate(PG_GETARG_DATEADT(2), "as_of");
	SpendRow	row;
	double		spend;

	if (!SpendRowRead(CadenceStateFromDatum(PG_GETARG_DATUM(0)), as_of, &row) ||
		!SpendModelExpect(model, &row, &spend))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(spend);
}
