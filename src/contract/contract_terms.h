/*
 * contract_terms.h
 *		Terms, their add-ons, and the renewal chains of each line.
 */
#ifndef REVOPS_CONTRACT_TERMS_H
#define REVOPS_CONTRACT_TERMS_H

#include "contract/contract_list.h"

typedef enum TermOutcome
{
	TERM_NOT_DUE,
	TERM_RENEWED_EARLY,
	TERM_RENEWED,
	TERM_RENEWED_LATE,
	TERM_IN_GRACE,
	TERM_LAPSED
} TermOutcome;

typedef struct Term
{
	const Contract *contract;	/* of joined phases the first */
	DateADT		ends;
	const Contract *renewed_by; /* NULL where no renewal is known */
	int			chain_index;	/* in the line, from 1 */
	int			term_index;		/* in the chain, from 1 */
	TermOutcome outcome;
	DateADT		returned_on;	/* DATEVAL_NOBEGIN for none */
	Money		mrr;
	Money		next_mrr;		/* where a renewal is known */
} Term;

/* How far from the end of a term its renewal may start. */
typedef struct RenewalWindow
{
	int			grace_days;		/* after it */
	int			early_days;		/* before it */
} RenewalWindow;

#define DEFAULT_EARLY_DAYS	180 /* as SQL's */

#define TermDecided(outcome) ((outcome) != TERM_NOT_DUE && (outcome) != TERM_IN_GRACE)

extern Term *TermsFind(const Contract *contracts, int count, DateADT as_of, RenewalWindow window,
					   int *terms);

/* A renewal chain: terms that ended with a renewal, or with the lapse. */
typedef struct ChainSpell
{
	int			terms;
	bool		lapsed;			/* else undecided after so many */
} ChainSpell;

extern int	TermsSpells(const Term *terms, int count, ChainSpell *spells);
extern const char *TermOutcomeName(TermOutcome outcome);
extern bool TermOutcomeFind(const char *name, int length, TermOutcome *outcome);

#endif							/* REVOPS_CONTRACT_TERMS_H */
