/*
 * contract_state.c
 *		contract_state: one customer's contracts, as they came. A multiset: rows
 *		are appended, and one order (line, start, end, value, key) is applied when
 *		the state is written out or read.
 *
 * A contract takes 24 bytes without line and key, so that the four of a usual
 * customer fit in two cache lines.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/keys.h"
#include "contract/contract.h"

#define CONTRACT_STATE_VERSION 1

/* Contracts that a new state has room for. */
#define FIRST_ROOM	4

PG_FUNCTION_INFO_V1(contract_state_in);
PG_FUNCTION_INFO_V1(contract_state_out);
PG_FUNCTION_INFO_V1(contract_state_recv);
PG_FUNCTION_INFO_V1(contract_state_send);
PG_FUNCTION_INFO_V1(contract_state_add);
PG_FUNCTION_INFO_V1(contract_state_combine);
PG_FUNCTION_INFO_V1(contract_state_final);

/* Bits of an entry's flags. */
#define ENTRY_HAS_KNOWN_ON	0x01
#define ENTRY_HAS_LINE		0x02
#define ENTRY_HAS_KEY		0x04
#define ENTRY_WIDE			0x08	/* mrr is a numeric behind the texts */
#define ENTRY_IS_PHASE		0x10

/*
 * A contract as stored. Behind it, where flags say so: the lengths of line and
 * key (two int32), their bytes, and the numeric at the next multiple of 4; the
 * whole is padded to a multiple of 8.
 */
typedef struct ContractEntry
{
	DateADT		starts;
	DateADT		ends;
	DateADT		known_on;		/* 0 unless ENTRY_HAS_KNOWN_ON */
	uint8		flags;
	uint8		groups;			/* of the Decimal mrr, as scale */
	uint16		scale;
	int64		coefficient;
} ContractEntry;

/* One contract's rules; NULL, or which one is broken. */
static const char *
ContractBroken(const Contract *contract)
{
	if (!IS_VALID_DATE(contract->starts) || !IS_VALID_DATE(contract->known_on) ||
		(contract->ends != DATEVAL_NOEND && !IS_VALID_DATE(contract->ends)))
		return "A date is out of range.";
	if (contract->starts >= contract->ends)
		return "A contract does not end after it starts.";
	if (MoneySign(&contract->mrr) < 0)
		return "An mrr is negative.";
	if (contract->is_phase && contract->key_length < 0)
		return "A phase has no key.";
	return NULL;
}

/*
 * Appends a contract; returns the state, or a larger one in the current context.
 */
static ContractState *
ContractStateAppend(ContractState *state, const Contract *contract)
{
	int32		line_length = Max(contract->line_length, 0);
	int32		key_length = Max(contract->key_length, 0);
	bool		has_texts = contract->line_length >= 0 || contract->key_length >= 0;
	Size		texts_end = sizeof(ContractEntry) +
		(has_texts ? 2 * sizeof(int32) + (Size) line_length + key_length : 0);
	int128		coefficient = contract->mrr.fixed.coefficient;
	Numeric		wide = contract->mrr.wide;
	ContractEntry *entry;
	Size		size;

	Assert(ContractBroken(contract) == NULL);
	if (state->count >= MOST_CONTRACTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d contracts in one contract_state", MOST_CONTRACTS),
				 errhint("Group by customer, not by something coarser.")));
	if (wide == NULL && (coefficient < PG_INT64_MIN || coefficient > PG_INT64_MAX))
		wide = MoneyToNumeric(&contract->mrr);
	size = MAXALIGN(wide ? INTALIGN(texts_end) + VARSIZE(wide) : texts_end);
	state = StateReserve(state, state->used, size, "contract_state");

	entry = (ContractEntry *) ((char *) state + state->used);
	entry->starts = contract->starts;
	entry->ends = contract->ends;
	if (contract->signed_given)
	{
		entry->known_on = contract->known_on;
		entry->flags |= ENTRY_HAS_KNOWN_ON;
	}
	if (contract->is_phase)
		entry->flags |= ENTRY_IS_PHASE;
	if (has_texts)
	{
		int32	   *lengths = (int32 *) (entry + 1);
		char	   *texts = (char *) (lengths + 2);

		lengths[0] = line_length;
		lengths[1] = key_length;
		entry->flags |= (contract->line_length >= 0 ? ENTRY_HAS_LINE : 0) |
			(contract->key_length >= 0 ? ENTRY_HAS_KEY : 0);
		if (line_length > 0)
			memcpy(texts, contract->line, line_length);
		if (key_length > 0)
			memcpy(texts + line_length, contract->key, key_length);
	}
	if (wide)
	{
		entry->flags |= ENTRY_WIDE;
		memcpy((char *) entry + INTALIGN(texts_end), wide, VARSIZE(wide));
	}
	else
	{
		entry->coefficient = (int64) coefficient;
		entry->groups = contract->mrr.fixed.groups;
		entry->scale = contract->mrr.fixed.scale;
	}
	state->count++;
	state->used += size;
	return state;
}

/* Unpacks an entry, texts and wide mrr in place; returns its size. */
static Size
EntryRead(const ContractEntry *entry, Contract *contract)
{
	Size		end = sizeof(ContractEntry);

	contract->starts = entry->starts;
	contract->ends = entry->ends;
	contract->signed_given = (entry->flags & ENTRY_HAS_KNOWN_ON) != 0;
	contract->known_on = contract->signed_given ? entry->known_on : entry->starts;
	contract->is_phase = (entry->flags & ENTRY_IS_PHASE) != 0;
	contract->line_length = -1;
	contract->key_length = -1;
	contract->line = NULL;
	contract->key = NULL;
	if (entry->flags & (ENTRY_HAS_LINE | ENTRY_HAS_KEY))
	{
		const int32 *lengths = (const int32 *) (entry + 1);
		const char *texts = (const char *) (lengths + 2);

		if (entry->flags & ENTRY_HAS_LINE)
		{
			contract->line = texts;
			contract->line_length = lengths[0];
		}
		if (entry->flags & ENTRY_HAS_KEY)
		{
			contract->key = texts + lengths[0];
			contract->key_length = lengths[1];
		}
		end += 2 * sizeof(int32) + (Size) lengths[0] + lengths[1];
	}
	if (entry->flags & ENTRY_WIDE)
	{
		struct varlena *wide = (struct varlena *) ((char *) entry + INTALIGN(end));

		contract->mrr = MoneyFromNumeric(wide);
		end = INTALIGN(end) + VARSIZE(wide);
	}
	else
	{
		contract->mrr.fixed.coefficient = entry->coefficient;
		contract->mrr.fixed.groups = entry->groups;
		contract->mrr.fixed.scale = entry->scale;
		contract->mrr.wide = NULL;
	}
	return MAXALIGN(end);
}

/*
 * An empty state in the current context. PostgreSQL copies a transition function's
 * new value into the aggregate's context, wherever it is: made there, it would
 * be there twice.
 */
static ContractState *
ContractStateCreate(Size room)
{
	ContractState *state = StateCreate(sizeof(ContractState) + room,
									   CONTRACT_STATE_VERSION);

	state->used = sizeof(ContractState);
	return state;
}

ContractState *
ContractStateFromDatum(Datum value)
{
	return StateFromDatum(value, CONTRACT_STATE_VERSION, sizeof(ContractState), "contract_state");
}

/*
 * The contracts known on a day (DATEVAL_NOEND: all), in the order in which they
 * came, in the current context. Texts point into the state.
 */
Contract *
ContractStateRead(const ContractState *state, DateADT known_by, int *count)
{
	Contract   *contracts = palloc_extended(Max(state->count, 1) * sizeof(Contract),
											MCXT_ALLOC_HUGE);
	Size		at = sizeof(ContractState);
	int			known = 0;

	for (int i = 0; i < state->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		at += EntryRead((const ContractEntry *) ((const char *) state + at), &contracts[known]);
		if (contracts[known].known_on <= known_by)
			known++;
	}
	*count = known;
	return contracts;
}

/* A state of these contracts, in the current context. */
ContractState *
ContractStateWrite(const Contract *contracts, int count)
{
	ContractState *state = ContractStateCreate(count * sizeof(ContractEntry));

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		state = ContractStateAppend(state, &contracts[i]);
	}
	return StateTrim(state, state->used);
}

/*
 * The same contracts in their order, without spare room: equal states are equal
 * bytes. A copy in the current context.
 */
static ContractState *
ContractStateSorted(const ContractState *state)
{
	int			count;
	Contract   *contracts = ContractStateRead(state, DATEVAL_NOEND, &count);

	ContractsSort(contracts, count);
	return ContractStateWrite(contracts, count);
}

static void
ReadText(const JsonNode *node, const char **text, int *length)
{
	*text = NULL;
	*length = -1;
	if (node == NULL)
		return;
	*text = JsonGetText(node);
	*length = (int) strlen(*text);
}

/*
 * contract_state_in(cstring): reads {"contracts": [{"line": "crm", "key": "C-17",
 * "starts": "2024-01-01", "ends": "2025-01-01", "mrr": 100.00, "known_on": "2023-12-15"}]};
 * line, key, ends (open-ended) and known_on may be absent; "phase": true stands in
 * those that contract_join_phases has joined
 */
Datum
contract_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"contracts"};
	static const char *const contract_keys[] = {"line", "key", "phase", "starts", "ends", "mrr", "known_on"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "contract_state");
	JsonNode   *list;
	ContractState *state;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "contracts");
	JsonExpect(list, JSON_KIND_ARRAY);
	if (list->count == 0)
		JsonInvalid(list, "NULL stands for no contract.", "It must have at least one contract.");
	state = ContractStateCreate(list->count * sizeof(ContractEntry));
	for (int i = 0; i < list->count; i++)
	{
		JsonNode   *node = list->items[i];
		JsonNode   *ends;
		JsonNode   *known_on;
		JsonNode   *phase;
		Contract	contract = {0};
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		JsonAllowKeys(node, contract_keys, lengthof(contract_keys));
		ends = JsonMember(node, "ends");
		known_on = JsonMember(node, "known_on");
		phase = JsonMember(node, "phase");
		contract.is_phase = phase != NULL && JsonGetBoolean(phase);
		contract.starts = JsonGetDate(JsonRequire(node, "starts"));
		contract.ends = ends ? JsonGetDate(ends) : DATEVAL_NOEND;
		contract.signed_given = known_on != NULL;
		contract.known_on = known_on ? JsonGetDate(known_on) : contract.starts;
		contract.mrr = MoneyFromNumeric((struct varlena *)
										JsonGetNumeric(JsonRequire(node, "mrr")));
		ReadText(JsonMember(node, "line"), &contract.line, &contract.line_length);
		ReadText(JsonMember(node, "key"), &contract.key, &contract.key_length);
		if ((broken = ContractBroken(&contract)) != NULL)
			JsonInvalid(node, NULL, "%s", broken);
		state = ContractStateAppend(state, &contract);
	}
	PG_RETURN_POINTER(ContractStateSorted(state));
}

/* contract_state_out(contract_state): the same text for equal states */
Datum
contract_state_out(PG_FUNCTION_ARGS)
{
	int			count;
	Contract   *contracts = ContractStateRead(ContractStateFromDatum(PG_GETARG_DATUM(0)),
											  DATEVAL_NOEND, &count);
	StringInfoData text;

	ContractsSort(contracts, count);
	initStringInfo(&text);
	appendStringInfoString(&text, "{\"contracts\": [");
	for (int i = 0; i < count; i++)
	{
		Contract   *contract = &contracts[i];

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "{" : ", {");
		if (contract->line_length >= 0)
		{
			appendStringInfoString(&text, "\"line\": ");
			JsonPutText(&text, pnstrdup(contract->line, contract->line_length));
			appendStringInfoString(&text, ", ");
		}
		if (contract->key_length >= 0)
		{
			appendStringInfoString(&text, "\"key\": ");
			JsonPutText(&text, pnstrdup(contract->key, contract->key_length));
			appendStringInfoString(&text, ", ");
		}
		if (contract->is_phase)
			appendStringInfoString(&text, "\"phase\": true, ");
		appendStringInfoString(&text, "\"starts\": ");
		JsonPutDate(&text, contract->starts);
		if (contract->ends != DATEVAL_NOEND)
		{
			appendStringInfoString(&text, ", \"ends\": ");
			JsonPutDate(&text, contract->ends);
		}
		appendStringInfo(&text, ", \"mrr\": %s", NumericToText(MoneyToNumeric(&contract->mrr)));
		if (contract->signed_given)
		{
			appendStringInfoString(&text, ", \"known_on\": ");
			JsonPutDate(&text, contract->known_on);
		}
		appendStringInfoChar(&text, '}');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

/* Least bytes of a contract in binary form: flags, two days, an empty number. */
#define WIRE_CONTRACT_BYTES	13

/* Optional parts of a contract in binary form. */
#define WIRE_HAS_LINE		0x01
#define WIRE_HAS_KEY		0x02
#define WIRE_HAS_KNOWN_ON	0x04
#define WIRE_IS_PHASE		0x08

Datum
contract_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), CONTRACT_STATE_VERSION,
									   "contract_state");
	int			count = WireGetCount(&reader, "contracts", MOST_CONTRACTS, WIRE_CONTRACT_BYTES);
	ContractState *state = ContractStateCreate(count * sizeof(ContractEntry));

	if (count == 0)
		WireCorrupt(&reader, "It must have at least one contract.");
	for (int i = 0; i < count; i++)
	{
		uint8		flags = WireGetByte(&reader);
		Contract	contract = {0};
		Numeric		mrr;
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		if (flags & ~(WIRE_HAS_LINE | WIRE_HAS_KEY | WIRE_HAS_KNOWN_ON | WIRE_IS_PHASE))
			WireCorrupt(&reader, "Contract %d has flags %u.", i + 1, flags);
		contract.line_length = -1;
		contract.key_length = -1;
		if (flags & WIRE_HAS_LINE)
			contract.line = WireGetBytes(&reader, &contract.line_length);
		if (flags & WIRE_HAS_KEY)
			contract.key = WireGetBytes(&reader, &contract.key_length);
		contract.starts = WireGetInt(&reader);
		contract.ends = WireGetInt(&reader);
		contract.is_phase = (flags & WIRE_IS_PHASE) != 0;
		contract.signed_given = (flags & WIRE_HAS_KNOWN_ON) != 0;
		contract.known_on = contract.signed_given ? WireGetInt(&reader) : contract.starts;
		mrr = CheckFiniteNumeric(WireGetNumeric(&reader), "mrr");
		contract.mrr = MoneyFromNumeric((struct varlena *) mrr);
		if ((broken = ContractBroken(&contract)) != NULL)
			WireCorrupt(&reader, "Contract %d: %s", i + 1, broken);
		state = ContractStateAppend(state, &contract);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(ContractStateSorted(state));
}

Datum
contract_state_send(PG_FUNCTION_ARGS)
{
	int			count;
	Contract   *contracts = ContractStateRead(ContractStateFromDatum(PG_GETARG_DATUM(0)),
											  DATEVAL_NOEND, &count);
	StringInfoData buffer;

	ContractsSort(contracts, count);
	WireBeginSend(&buffer, CONTRACT_STATE_VERSION);
	WirePutInt(&buffer, count);
	for (int i = 0; i < count; i++)
	{
		Contract   *contract = &contracts[i];

		CHECK_FOR_INTERRUPTS();
		WirePutByte(&buffer, (contract->line_length >= 0 ? WIRE_HAS_LINE : 0) |
					(contract->key_length >= 0 ? WIRE_HAS_KEY : 0) |
					(contract->signed_given ? WIRE_HAS_KNOWN_ON : 0) |
					(contract->is_phase ? WIRE_IS_PHASE : 0));
		if (contract->line_length >= 0)
			WirePutBytes(&buffer, contract->line, contract->line_length);
		if (contract->key_length >= 0)
			WirePutBytes(&buffer, contract->key, contract->key_length);
		WirePutInt(&buffer, contract->starts);
		WirePutInt(&buffer, contract->ends);
		if (contract->signed_given)
			WirePutInt(&buffer, contract->known_on);
		WirePutNumeric(&buffer, MoneyToNumeric(&contract->mrr));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * The first and the exclusive last day of a term; errors name it. `infinity` as
 * the upper bound means open-ended too: many tables write it so.
 */
void
ContractTermRead(RangeType *term, TypeCacheEntry *type, DateADT *starts, DateADT *ends)
{
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(type, term, &lower, &upper, &empty);
	if (empty)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a contract's term must not be empty"),
				 errdetail("The term is \"empty\": its end lies on or before its start."),
				 errhint("For an inclusive last day write daterange(starts, ends, '[]').")));
	*starts = lower.infinite ? DATEVAL_NOBEGIN : DatumGetDateADT(lower.val);
	*ends = upper.infinite ? DATEVAL_NOEND : DatumGetDateADT(upper.val);
	if (DATE_NOT_FINITE(*starts))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a contract's term must have a first day"),
				 errdetail("The term is from %s until %s.",
						   lower.infinite ? "no lower bound" : DateText(*starts),
						   upper.infinite ? "no upper bound" : DateText(*ends)),
				 errhint("Give the day on which the contract starts; only the end may be open.")));
}

/*
 * contract_state_add(contract_state, daterange, numeric [, text [, text, date]]): a
 * NULL term skips the row, a NULL mrr is 0
 */
Datum
contract_state_add(PG_FUNCTION_ARGS)
{
	ContractState *state;
	Contract	contract;
	RangeType  *term;
	struct varlena *text;

	AggregateContext(fcinfo, "contract_agg");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	memset(&contract, 0, sizeof(contract));
	term = PG_GETARG_RANGE_P(1);
	ContractTermRead(term, range_get_typcache(fcinfo, RangeTypeGetOid(term)),
					 &contract.starts, &contract.ends);
	if (!PG_ARGISNULL(2))
	{
		struct varlena *mrr = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(2));

		if (!DecimalFromNumeric(mrr, &contract.mrr.fixed))
			contract.mrr.wide = CheckFiniteNumeric(PG_GETARG_NUMERIC(2), "mrr");
		if (MoneySign(&contract.mrr) < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a contract's mrr must not be negative"),
					 errdetail("The mrr is %s in the term from %s.",
							   NumericToText(PG_GETARG_NUMERIC(2)), DateText(contract.starts)),
					 errhint("Take a discount off the contract it belongs to.")));
	}
	contract.line_length = -1;
	contract.key_length = -1;
	contract.known_on = contract.starts;
	if (PG_NARGS() > 3 && !PG_ARGISNULL(3))
	{
		text = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(3));
		contract.line = VARDATA_ANY(text);
		contract.line_length = VARSIZE_ANY_EXHDR(text);
	}
	if (PG_NARGS() > 4)
	{
		if (!PG_ARGISNULL(4))
		{
			text = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(4));
			contract.key = VARDATA_ANY(text);
			contract.key_length = VARSIZE_ANY_EXHDR(text);
		}
		if (!PG_ARGISNULL(5))
		{
			contract.known_on = CheckFiniteDate(PG_GETARG_DATEADT(5), "known_on");
			contract.signed_given = true;
		}
	}

	if (PG_ARGISNULL(0))
	{
		if (PG_NARGS() > 3)
			CheckTextKey(fcinfo, 3, "contract_agg", "line");
		if (PG_NARGS() > 4)
			CheckTextKey(fcinfo, 4, "contract_agg", "contract_key");
		state = ContractStateCreate(FIRST_ROOM * sizeof(ContractEntry));
	}
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	PG_RETURN_POINTER(ContractStateAppend(state, &contract));
}

/*
 * contract_state_combine(contract_state, contract_state): either may be NULL. The
 * result is the first, changed in place or enlarged, or a new one.
 */
Datum
contract_state_combine(PG_FUNCTION_ARGS)
{
	ContractState *state;
	ContractState *other;
	Size		more;

	AggregateContext(fcinfo, "contract_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = ContractStateFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(other);
	state = PG_GETARG_STATE_IN_PLACE(0);
	more = other->used - sizeof(ContractState);
	if (other->count > MOST_CONTRACTS - state->count)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d contracts in one contract_state", MOST_CONTRACTS),
				 errhint("Group by customer, not by something coarser.")));
	state = StateReserve(state, state->used, more, "contract_state");
	memcpy((char *) state + state->used, (char *) other + sizeof(ContractState), more);
	state->count += other->count;
	state->used += more;
	PG_RETURN_POINTER(state);
}

/* contract_state_final(contract_state) */
Datum
contract_state_final(PG_FUNCTION_ARGS)
{
	AggregateContext(fcinfo, "contract_agg");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(ContractStateSorted(PG_GETARG_STATE_IN_PLACE(0)));
}

STATE_COMBINE(contract_state_combine_two, contract_state_combine, contract_state_final)
