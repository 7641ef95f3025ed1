/*
 * contract_tally.c
 *		Counts and sums over customers: the state behind mrr_bridge and the two
 *		rates. Of a fixed size for its parameters; a customer's share in it is
 *		added in place, only where something changed.
 *
 * A bridge keeps the opening and the movements. Closings follow from them, so
 * they cannot disagree.
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "base/compat.h"
#include "contract/contract.h"

#define TALLY_VERSION 1

/* A named vector: one cell, or one a period. Counts stand before sums. */
typedef struct TallyVector
{
	const char *name;
	bool		per_period;
} TallyVector;

#define MOST_VECTORS	6

typedef struct TallyForm
{
	const char *type_name;
	const char *name;			/* in the text form of contract_tally, else NULL */
	bool		has_span;
	bool		has_grain;
	int			counts;
	int			sums;
	TallyVector count[MOST_VECTORS];
	TallyVector sum[MOST_VECTORS];
} TallyForm;

static const TallyForm forms[] = {
	[TALLY_RENEWALS] = {
		"contract_tally", "renewals", false, false, 3, 4,
		{{"renewed", false}, {"lapsed", false}, {"pending", false}},
		{{"mrr_decided", false}, {"mrr_pending", false}, {"mrr_kept", false}, {"mrr_renewed", false}}
	},
	[TALLY_RETENTION] = {
		"contract_tally", "retention", true, false, 2, 3,
		{{"customers_start", false}, {"customers_kept", false}},
		{{"mrr_start", false}, {"mrr_kept", false}, {"mrr_end", false}}
	},
	[TALLY_BRIDGE] = {
		"mrr_bridge", NULL, true, true, 4, 6,
		{{"customers_opening", false}, {"customers_new", true},
		{"customers_reactivated", true}, {"customers_churned", true}},
		{{"opening", false}, {"new", true}, {"expansion", true}, {"reactivation", true},
		{"contraction", true}, {"churn", true}}
	}
};

PG_FUNCTION_INFO_V1(contract_tally_in);
PG_FUNCTION_INFO_V1(contract_tally_out);
PG_FUNCTION_INFO_V1(contract_tally_recv);
PG_FUNCTION_INFO_V1(contract_tally_send);
PG_FUNCTION_INFO_V1(mrr_bridge_in);
PG_FUNCTION_INFO_V1(mrr_bridge_out);
PG_FUNCTION_INFO_V1(mrr_bridge_recv);
PG_FUNCTION_INFO_V1(mrr_bridge_send);

static inline const TallyForm *
FormOf(const ContractTally *tally)
{
	return &forms[tally->header.flags];
}

static inline int
VectorLength(const TallyVector *vector, const ContractTally *tally)
{
	return vector->per_period ? tally->periods : 1;
}

static int
VectorsLength(const TallyVector *vectors, int count, const ContractTally *tally)
{
	int			length = 0;

	for (int i = 0; i < count; i++)
		length += VectorLength(&vectors[i], tally);
	return length;
}

static inline int64 *
Counts(const ContractTally *tally)
{
	return (int64 *) ((char *) tally + sizeof(ContractTally));
}

static inline DecimalSum *
Sums(const ContractTally *tally)
{
	const TallyForm *form = FormOf(tally);

	return (DecimalSum *) (Counts(tally) + VectorsLength(form->count, form->counts, tally));
}

/* Bytes without the WideArea. */
static Size
FixedSize(const ContractTally *tally)
{
	const TallyForm *form = FormOf(tally);

	return (char *) (Sums(tally) + VectorsLength(form->sum, form->sums, tally)) - (char *) tally;
}

/*
 * A tally of nothing, in the current context. span: NULL for a kind without.
 */
ContractTally *
TallyCreate(TallyKind kind, const PeriodSpan *span)
{
	ContractTally empty = {0};
	ContractTally *tally;

	empty.header.flags = kind;
	if (span != NULL)
	{
		empty.grain = span->grain;
		empty.from_date = span->from_date;
		empty.until_date = span->until_date;
		if (forms[kind].has_grain)
			empty.periods = span->count;
	}
	tally = StateCreate(FixedSize(&empty), TALLY_VERSION);
	tally->header.flags = kind;
	tally->grain = empty.grain;
	tally->from_date = empty.from_date;
	tally->until_date = empty.until_date;
	tally->periods = empty.periods;
	return tally;
}

/* An error unless a tally is of one of the kinds from least to most. */
void
TallyCheckKind(const ContractTally *tally, TallyKind least, TallyKind most)
{
	if (tally->header.flags < least || tally->header.flags > most)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this contract_tally counts other things"),
				 errdetail("It counts %s.",
						   tally->header.flags <= TALLY_RETENTION ? FormOf(tally)->name : "nothing known"),
				 errhint("Use the aggregate that made it.")));
}

/* A stored tally of one of the kinds from least to most. */
ContractTally *
TallyFromDatum(Datum value, TallyKind least, TallyKind most)
{
	ContractTally *tally = StateFromDatum(value, TALLY_VERSION, sizeof(ContractTally), forms[least].type_name);

	TallyCheckKind(tally, least, most);
	return tally;
}

PeriodSpan
TallySpan(const ContractTally *tally)
{
	return PeriodSpanMake((Grain) tally->grain, tally->from_date, tally->until_date);
}

/* The place of a vector's cell. */
static inline int
Ordinal(const TallyVector *vectors, int vector, int period, const ContractTally *tally)
{
	return VectorsLength(vectors, vector, tally) + period;
}

void
TallyCountOne(ContractTally *tally, int vector, int period)
{
	CountAdd(&Counts(tally)[Ordinal(FormOf(tally)->count, vector, period, tally)], 1, "customers in one count");
}

int64
TallyCount(const ContractTally *tally, int vector, int period)
{
	return Counts(tally)[Ordinal(FormOf(tally)->count, vector, period, tally)];
}

/* Adds to a sum; what it cannot take goes onto the list, for TallyKeepWide. */
void
TallyAdd(ContractTally *tally, int vector, int period, const Money *more, WideList *wide)
{
	int			ordinal = Ordinal(FormOf(tally)->sum, vector, period, tally);

	SumAdd(&Sums(tally)[ordinal], ordinal, more, wide);
}

Money
TallySum(const ContractTally *tally, int vector, int period)
{
	int			ordinal = Ordinal(FormOf(tally)->sum, vector, period, tally);

	return MoneyFromSum(&Sums(tally)[ordinal],
						WideGet((char *) tally + FixedSize(tally), tally->wide_bytes, ordinal));
}

/* Decimals of a sum as far as it is fixed. */
int
TallyScale(const ContractTally *tally, int vector, int period)
{
	return Sums(tally)[Ordinal(FormOf(tally)->sum, vector, period, tally)].scale;
}

/* The rules that hold for every tally; NULL, or which one is broken. */
static const char *
TallyBroken(const ContractTally *tally)
{
	const TallyForm *form = FormOf(tally);
	int			counts = VectorsLength(form->count, form->counts, tally);
	int64		customers;

	for (int i = 0; i < counts; i++)
		if (Counts(tally)[i] < 0)
			return "A count is negative.";
	if (tally->header.flags == TALLY_RENEWALS &&
		(pg_add_s64_overflow(TallyCount(tally, RENEWALS_RENEWED, 0),
							 TallyCount(tally, RENEWALS_LAPSED, 0), &customers) ||
		 pg_add_s64_overflow(customers, TallyCount(tally, RENEWALS_PENDING, 0), &customers)))
		return "There are more terms than can be counted.";
	if (tally->header.flags == TALLY_RETENTION &&
		TallyCount(tally, RETENTION_KEPT, 0) > TallyCount(tally, RETENTION_START, 0))
		return "More customers were kept than there were.";
	if (tally->header.flags != TALLY_BRIDGE)
		return NULL;
	customers = TallyCount(tally, BRIDGE_OPENING, 0);
	for (int i = 0; i < tally->periods; i++)
	{
		int64		churned = TallyCount(tally, BRIDGE_CHURNED, i);

		/* nobody churns in the period in which he comes */
		if (churned > customers)
			return "More customers churned than there were.";
		if (pg_add_s64_overflow(customers - churned, TallyCount(tally, BRIDGE_NEW, i), &customers) ||
			pg_add_s64_overflow(customers, TallyCount(tally, BRIDGE_REACTIVATED, i), &customers))
			return "There are more customers than can be counted.";
	}
	return NULL;
}

/* The tally with the list's amounts in its WideArea: itself, or a copy. */
ContractTally *
TallyKeepWide(ContractTally *tally, WideList *wide)
{
	Size		fixed = FixedSize(tally);
	Size		bytes;
	char	   *area;
	ContractTally *larger;

	Assert(TallyBroken(tally) == NULL);
	if (wide->count == 0)
		return tally;
	WideListArea(wide, (char *) tally + fixed, tally->wide_bytes);
	area = WideAreaBuild(wide, &bytes);
	larger = palloc(fixed + bytes);
	memcpy(larger, tally, fixed);
	memcpy((char *) larger + fixed, area, bytes);
	SET_VARSIZE(larger, fixed + bytes);
	larger->wide_bytes = bytes;
	return larger;
}

/*
 * The same tally as it is when each sum comes at once: equal tallies are equal
 * bytes. A copy in the current context.
 */
ContractTally *
TallyCanonical(ContractTally *tally)
{
	const TallyForm *form = FormOf(tally);
	int			sums = VectorsLength(form->sum, form->sums, tally);
	ContractTally *result = palloc(FixedSize(tally));
	WideList	wide = {0};

	memcpy(result, tally, FixedSize(tally));
	SET_VARSIZE(result, FixedSize(tally));
	result->wide_bytes = 0;
	for (int i = 0; i < sums; i++)
	{
		DecimalSum *sum = &Sums(result)[i];

		CHECK_FOR_INTERRUPTS();
		if (tally->wide_bytes > 0)
		{
			Money		total = MoneyFromSum(sum, WideGet((char *) tally + FixedSize(tally),
														  tally->wide_bytes, i));

			if (total.wide != NULL)
				total = MoneyFromNumeric((struct varlena *) total.wide);
			memset(sum, 0, sizeof(*sum));
			SumAdd(sum, i, &total, &wide);
		}
		DecimalSumNormalize(sum);
	}
	return TallyKeepWide(result, &wide);
}

/*
 * Adds another tally; an error when its parameters differ. Returns the first,
 * changed in place, or a larger one.
 */
ContractTally *
TallyMerge(ContractTally *tally, const ContractTally *other)
{
	const TallyForm *form = FormOf(tally);
	int			counts = VectorsLength(form->count, form->counts, tally);
	int			sums = VectorsLength(form->sum, form->sums, tally);
	WideList	wide = {0};

	if (tally->header.flags != other->header.flags || tally->grain != other->grain ||
		tally->from_date != other->from_date || tally->until_date != other->until_date)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("values of type %s over different periods do not merge", form->type_name),
				 errdetail("One is by %s from %s until %s, the other by %s from %s until %s.",
						   GrainName((Grain) tally->grain), DateText(tally->from_date),
						   DateText(tally->until_date), GrainName((Grain) other->grain),
						   DateText(other->from_date), DateText(other->until_date)),
				 errhint("Make both with the same grain, from_date and until_date.")));
	for (int i = 0; i < counts; i++)
		CountAdd(&Counts(tally)[i], Counts(other)[i], "customers in one count");
	for (int i = 0; i < sums; i++)
	{
		Money		more = MoneyFromSum(&Sums(other)[i], NULL);

		CHECK_FOR_INTERRUPTS();
		SumAdd(&Sums(tally)[i], i, &more, &wide);
	}
	WideListArea(&wide, (const char *) other + FixedSize(other), other->wide_bytes);
	if (TallyBroken(tally) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("two values of type %s do not merge", form->type_name),
				 errdetail("%s", TallyBroken(tally)),
				 errhint("Was a state merged many times with itself?")));
	return TallyKeepWide(tally, &wide);
}

/* The items of a vector in the text form: the node itself, or its array. */
static JsonNode **
VectorItems(const JsonNode *root, const TallyVector *vector, int length, JsonNode **only)
{
	*only = JsonRequire(root, vector->name);
	if (!vector->per_period)
		return only;
	JsonExpect(*only, JSON_KIND_ARRAY);
	if ((*only)->count != length)
		JsonInvalid(*only, NULL, "It has %d values for %d periods.", (*only)->count, length);
	return (*only)->items;
}

/* What a text is of, and that it has no other keys than such a form. */
static const TallyForm *
ReadForm(const JsonNode *root, TallyKind kind)
{
	const TallyForm *form;
	const char *keys[2 * MOST_VECTORS + 4];
	int			key_count = 0;

	JsonExpect(root, JSON_KIND_OBJECT);
	if (kind != TALLY_BRIDGE)
	{
		const char *const names[] = {forms[TALLY_RENEWALS].name, forms[TALLY_RETENTION].name};

		kind = (TallyKind) JsonGetChoice(JsonRequire(root, "of"), names, lengthof(names));
		keys[key_count++] = "of";
	}
	form = &forms[kind];
	if (form->has_grain)
		keys[key_count++] = "grain";
	if (form->has_span)
	{
		keys[key_count++] = "from_date";
		keys[key_count++] = "until_date";
	}
	for (int i = 0; i < form->counts; i++)
		keys[key_count++] = form->count[i].name;
	for (int i = 0; i < form->sums; i++)
		keys[key_count++] = form->sum[i].name;
	JsonAllowKeys(root, keys, key_count);
	return form;
}

/* The days of a form that has a span, and its periods where it has a grain. */
static PeriodSpan
ReadSpan(const JsonNode *root, const TallyForm *form)
{
	PeriodSpan	span = {0};
	Grain		grain = GRAIN_DAY;

	if (!form->has_span)
		return span;
	span.from_date = JsonGetDate(JsonRequire(root, "from_date"));
	span.until_date = JsonGetDate(JsonRequire(root, "until_date"));
	if (form->has_grain)
		grain = (Grain) JsonGetChoice(JsonRequire(root, "grain"), grain_names, GRAIN_LAST + 1);
	if (span.from_date > span.until_date)
		JsonInvalid(root, NULL, "from_date lies after until_date.");
	return form->has_grain ? PeriodSpanMake(grain, span.from_date, span.until_date) : span;
}

static void
ReadCounts(const JsonNode *root, const TallyForm *form, ContractTally *tally)
{
	for (int i = 0; i < form->counts; i++)
	{
		JsonNode   *only;
		int			length = VectorLength(&form->count[i], tally);
		JsonNode  **items = VectorItems(root, &form->count[i], length, &only);
		int			ordinal = VectorsLength(form->count, i, tally);

		for (int k = 0; k < length; k++)
			Counts(tally)[ordinal + k] = JsonGetInt(items[k], 0, PG_INT64_MAX);
	}
}

static void
ReadSums(const JsonNode *root, const TallyForm *form, ContractTally *tally, WideList *wide)
{
	for (int i = 0; i < form->sums; i++)
	{
		JsonNode   *only;
		int			length = VectorLength(&form->sum[i], tally);
		JsonNode  **items = VectorItems(root, &form->sum[i], length, &only);

		for (int k = 0; k < length; k++)
		{
			Money		sum = MoneyFromNumeric((struct varlena *) JsonGetNumeric(items[k]));

			CHECK_FOR_INTERRUPTS();
			if (MoneySign(&sum) < 0)
				JsonInvalid(items[k], NULL, "It must not be negative.");
			TallyAdd(tally, i, k, &sum, wide);
		}
	}
}

/*
 * Reads the text form: {"of": "renewals", "renewed": 3, …, "mrr_decided": 300.00, …}, for a
 * bridge {"grain": "month", "from_date": …, "until_date": …, "customers_opening": 3,
 * "customers_new": [1, 0], …}
 */
static ContractTally *
TallyRead(const char *text, TallyKind kind, const char *type_name)
{
	JsonNode   *root = JsonRead(text, type_name);
	const TallyForm *form = ReadForm(root, kind);
	PeriodSpan	span = ReadSpan(root, form);
	WideList	wide = {0};
	ContractTally *tally;
	const char *broken;

	/* what the text claims must be there before anything is made for it */
	for (int i = 0; i < form->counts; i++)
	{
		JsonNode   *only;

		VectorItems(root, &form->count[i], span.count, &only);
	}
	tally = TallyCreate((TallyKind) (form - forms), &span);
	ReadCounts(root, form, tally);
	ReadSums(root, form, tally, &wide);
	if ((broken = TallyBroken(tally)) != NULL)
		JsonInvalid(root, NULL, "%s", broken);
	return TallyKeepWide(tally, &wide);
}

/* contract_tally_in(cstring) */
Datum
contract_tally_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(TallyRead(PG_GETARG_CSTRING(0), TALLY_RENEWALS, "contract_tally"));
}

/* mrr_bridge_in(cstring) */
Datum
mrr_bridge_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(TallyRead(PG_GETARG_CSTRING(0), TALLY_BRIDGE, "mrr_bridge"));
}

/* contract_tally_out(contract_tally), and of mrr_bridge: the same text for equal values */
Datum
contract_tally_out(PG_FUNCTION_ARGS)
{
	ContractTally *tally = TallyFromDatum(PG_GETARG_DATUM(0), TALLY_RENEWALS, TALLY_BRIDGE);
	const TallyForm *form = FormOf(tally);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '{');
	if (form->name)
		appendStringInfo(&text, "\"of\": \"%s\", ", form->name);
	if (form->has_grain)
		appendStringInfo(&text, "\"grain\": \"%s\", ", GrainName((Grain) tally->grain));
	if (form->has_span)
	{
		appendStringInfoString(&text, "\"from_date\": ");
		JsonPutDate(&text, tally->from_date);
		appendStringInfoString(&text, ", \"until_date\": ");
		JsonPutDate(&text, tally->until_date);
		appendStringInfoString(&text, ", ");
	}
	for (int i = 0; i < form->counts + form->sums; i++)
	{
		bool		is_sum = i >= form->counts;
		int			of_kind = is_sum ? i - form->counts : i;
		const TallyVector *vector = is_sum ? &form->sum[of_kind] : &form->count[of_kind];

		appendStringInfo(&text, "%s\"%s\": %s", i == 0 ? "" : ", ", vector->name,
						 vector->per_period ? "[" : "");
		for (int k = 0; k < VectorLength(vector, tally); k++)
		{
			CHECK_FOR_INTERRUPTS();
			if (k > 0)
				appendStringInfoString(&text, ", ");
			if (is_sum)
			{
				Money		sum = TallySum(tally, of_kind, k);

				appendStringInfoString(&text, NumericToText(MoneyToNumeric(&sum)));
			}
			else
				appendStringInfo(&text, INT64_FORMAT, TallyCount(tally, of_kind, k));
		}
		if (vector->per_period)
			appendStringInfoChar(&text, ']');
	}
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

/* mrr_bridge_out(mrr_bridge) */
Datum
mrr_bridge_out(PG_FUNCTION_ARGS)
{
	return contract_tally_out(fcinfo);
}

/* Least bytes of a sum in binary form. */
#define WIRE_SUM_BYTES	12

static ContractTally *
TallyReceive(StringInfo message, TallyKind least, TallyKind most)
{
	WireReader	reader = WireBeginRecv(message, TALLY_VERSION, forms[least].type_name);
	uint8		kind = WireGetByte(&reader);
	PeriodSpan	span = {0};
	WideList	wide = {0};
	const TallyForm *form;
	ContractTally *tally;
	int			counts;
	int			sums;
	const char *broken;

	if (kind < least || kind > most)
		WireCorrupt(&reader, "It is of kind %u.", kind);
	form = &forms[kind];
	if (form->has_span)
	{
		uint8		grain = form->has_grain ? WireGetByte(&reader) : GRAIN_DAY;
		DateADT		from_date = WireGetInt(&reader);
		DateADT		until_date = WireGetInt(&reader);

		if (!form->has_grain)
		{
			span.from_date = from_date;
			span.until_date = until_date;
		}
		if (form->has_grain ? !PeriodSpanRead(grain, from_date, until_date, &span) :
			!IS_VALID_DATE(from_date) || !IS_VALID_DATE(until_date) || from_date > until_date)
			WireCorrupt(&reader, "Its periods are not valid.");
	}
	if (WireGetCount(&reader, "periods", MOST_PERIODS, 3 * sizeof(int64) + 5 * WIRE_SUM_BYTES) != span.count)
		WireCorrupt(&reader, "It has not one entry for each of %d periods.", span.count);
	tally = TallyCreate((TallyKind) kind, &span);
	counts = VectorsLength(form->count, form->counts, tally);
	sums = VectorsLength(form->sum, form->sums, tally);
	for (int i = 0; i < counts; i++)
		Counts(tally)[i] = WireGetInt64(&reader);
	for (int i = 0; i < sums; i++)
	{
		Numeric		amount = CheckFiniteNumeric(WireGetNumeric(&reader), "a sum");
		Money		sum = MoneyFromNumeric((struct varlena *) amount);

		CHECK_FOR_INTERRUPTS();
		if (MoneySign(&sum) < 0)
			WireCorrupt(&reader, "A sum is negative.");
		SumAdd(&Sums(tally)[i], i, &sum, &wide);
	}
	WireEnd(&reader);
	if ((broken = TallyBroken(tally)) != NULL)
		WireCorrupt(&reader, "%s", broken);
	return TallyKeepWide(tally, &wide);
}

Datum
contract_tally_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(TallyReceive((StringInfo) PG_GETARG_POINTER(0), TALLY_RENEWALS, TALLY_RETENTION));
}

Datum
mrr_bridge_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(TallyReceive((StringInfo) PG_GETARG_POINTER(0), TALLY_BRIDGE, TALLY_BRIDGE));
}

/* contract_tally_send(contract_tally), and of mrr_bridge */
Datum
contract_tally_send(PG_FUNCTION_ARGS)
{
	ContractTally *tally = TallyFromDatum(PG_GETARG_DATUM(0), TALLY_RENEWALS, TALLY_BRIDGE);
	const TallyForm *form = FormOf(tally);
	StringInfoData buffer;

	WireBeginSend(&buffer, TALLY_VERSION);
	WirePutByte(&buffer, tally->header.flags);
	if (form->has_grain)
		WirePutByte(&buffer, tally->grain);
	if (form->has_span)
	{
		WirePutInt(&buffer, tally->from_date);
		WirePutInt(&buffer, tally->until_date);
	}
	WirePutInt(&buffer, tally->periods);
	for (int i = 0; i < VectorsLength(form->count, form->counts, tally); i++)
		WirePutInt64(&buffer, Counts(tally)[i]);
	for (int i = 0; i < form->sums; i++)
		for (int k = 0; k < VectorLength(&form->sum[i], tally); k++)
		{
			Money		sum = TallySum(tally, i, k);

			CHECK_FOR_INTERRUPTS();
			WirePutNumeric(&buffer, MoneyToNumeric(&sum));
		}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* mrr_bridge_send(mrr_bridge) */
Datum
mrr_bridge_send(PG_FUNCTION_ARGS)
{
	return contract_tally_send(fcinfo);
}
