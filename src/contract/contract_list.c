/*
 * contract_list.c
 *		The order of a customer's contracts: see contract_list.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/bytes.h"
#include "contract/contract_list.h"

/* By contract_key, bytewise, no key last. */
int
ContractKeyCompare(const Contract *left, const Contract *right)
{
	return BytesCompare(left->key, left->key_length, right->key, right->key_length);
}

#define COMPARE_INT(left, right) (((left) > (right)) - ((left) < (right)))

static int
CompareContracts(const Contract *a, const Contract *b)
{
	int			order;

	if ((order = BytesCompare(a->line, a->line_length, b->line, b->line_length)) != 0)
		return order;
	if ((order = COMPARE_INT(a->starts, b->starts)) != 0)
		return order;
	if ((order = COMPARE_INT(b->ends, a->ends)) != 0)
		return order;
	if ((order = MoneyCompare(&b->mrr, &a->mrr)) != 0)
		return order;
	if ((order = ContractKeyCompare(a, b)) != 0)
		return order;
	if ((order = COMPARE_INT(a->is_phase, b->is_phase)) != 0)
		return order;
	if ((order = COMPARE_INT(a->known_on, b->known_on)) != 0)
		return order;
	/* equal to every question; only the text form tells them apart */
	if ((order = COMPARE_INT(a->signed_given, b->signed_given)) != 0)
		return order;
	if (a->mrr.wide == NULL && b->mrr.wide == NULL)
		return COMPARE_INT(a->mrr.fixed.scale, b->mrr.fixed.scale);
	return strcmp(NumericToText(MoneyToNumeric(&a->mrr)), NumericToText(MoneyToNumeric(&b->mrr)));
}

#define ST_SORT SortContracts
#define ST_ELEMENT_TYPE Contract
#define ST_COMPARE(a, b) CompareContracts(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * The one order of contracts: by line (bytewise, no line last), start, later end
 * first, larger mrr first, key (bytewise, no key last). So a contract wholly
 * inside another's term stands behind it.
 */
void
ContractsSort(Contract *contracts, int count)
{
	SortContracts(contracts, count);
}

/* The index behind the last contract of the line that begins at `begin`. */
int
ContractsLineEnd(const Contract *contracts, int count, int begin)
{
	int			end = begin + 1;

	while (end < count &&
		   BytesCompare(contracts[begin].line, contracts[begin].line_length,
						contracts[end].line, contracts[end].line_length) == 0)
		end++;
	return end;
}
