/*
 * bridge_big.h
 *		Integers of many words, for effects that are exact. No SQL here.
 *
 * The length is the caller's to bound: BIG_WORDS holds what eight totals of 38
 * digits and 36 decimals, two whole sums and their products come to.
 */
#ifndef REVOPS_BRIDGE_BIG_H
#define REVOPS_BRIDGE_BIG_H

#define BIG_WORDS	128

/* Sign and size; the lowest word first, the highest is not 0. 0 has no words and no sign. */
typedef struct Big
{
	bool		negative;
	int			words;
	uint64		word[BIG_WORDS];
} Big;

static inline bool
BigIsZero(const Big *value)
{
	return value->words == 0;
}

/* Below 0, 0 or above 0. */
static inline int
BigSign(const Big *value)
{
	return value->words == 0 ? 0 : value->negative ? -1 : 1;
}

extern void BigSet(Big *value, __int128 number);
extern void BigCopy(Big *to, const Big *from);
extern void BigNegate(Big *value);
extern void BigAdd(Big *sum, const Big *left, const Big *right);
extern void BigSubtract(Big *difference, const Big *left, const Big *right);
extern void BigMultiply(Big *product, const Big *left, const Big *right);
extern void BigMultiplyBy(Big *value, const Big *factor);
extern void BigMultiplyPower(Big *value, int exponent);
extern void BigShiftWords(Big *value, int words);
extern void BigDivideFloor(const Big *value, const Big *divisor, Big *quotient, Big *rest);
extern int	BigCompare(const Big *left, const Big *right);
extern bool BigToInt128(const Big *value, __int128 *number);
extern long double BigToDouble(const Big *value);
extern void BigFromDouble(Big *value, long double number);

/* Twenty digits a word, a sign, a point and an end. */
#define BIG_TEXT_SIZE	(BIG_WORDS * 20 + 64)

extern char *BigToText(const Big *value, int scale, char *text);

#endif							/* REVOPS_BRIDGE_BIG_H */
