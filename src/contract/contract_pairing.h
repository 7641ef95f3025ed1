/*
 * contract_pairing.h
 *		Which term renews which, inside one line. No SQL here.
 */
#ifndef REVOPS_CONTRACT_PAIRING_H
#define REVOPS_CONTRACT_PAIRING_H

#define PAIRING_OPEN	PG_INT32_MAX	/* the end of an open-ended term */
#define PAIRING_NO_KEY	(-1)

/* A term as pairing sees it. */
typedef struct PairingTerm
{
	int32		starts;			/* a day */
	int32		ends;			/* the first day not covered, or PAIRING_OPEN */
	int32		key;			/* equal numbers: one contract_key; or PAIRING_NO_KEY */
	int32		rank;			/* among equals the lower one goes first; each once, from 0 */
} PairingTerm;

extern void TermsPair(const PairingTerm *terms, int count, int grace_days, int early_days,
					  int *renewed_by);

#endif							/* REVOPS_CONTRACT_PAIRING_H */
