/*
 * contract_list.h
 *		One customer's contracts as a plain array. A day that a term ends on is the
 *		first day it does not cover; DATEVAL_NOEND is open-ended.
 */
#ifndef REVOPS_CONTRACT_LIST_H
#define REVOPS_CONTRACT_LIST_H

#include "utils/date.h"

#include "base/money.h"

/* A contract, unpacked. Texts are not zero-terminated; length -1 is NULL. */
typedef struct Contract
{
	DateADT		starts;
	DateADT		ends;			/* exclusive; DATEVAL_NOEND: open-ended */
	DateADT		known_on;		/* the day signed, or else starts */
	bool		signed_given;
	bool		is_phase;		/* of the term that all phases of its line and key make up */
	int			line_length;
	int			key_length;
	const char *line;
	const char *key;
	Money		mrr;
} Contract;

/* as an element to sort */
typedef const Contract *ContractPointer;

extern void ContractsSort(Contract *contracts, int count);
extern int	ContractsLineEnd(const Contract *contracts, int count, int begin);
extern int	ContractKeyCompare(const Contract *left, const Contract *right);

#endif							/* REVOPS_CONTRACT_LIST_H */
