/*
 * big.h
 *		Whole numbers without end, for those who check: slow and plain.
 */
#ifndef REVOPS_FUZZ_BIG_H
#define REVOPS_FUZZ_BIG_H

#include "fuzz.h"

#define BIG_LIMBS 80

typedef struct Big
{
	bool		negative;		/* never where the number is 0 */
	int			length;			/* limbs up to the highest that is not 0 */
	uint32		limbs[BIG_LIMBS];	/* the lowest first; undefined behind length */
} Big;

extern Big	BigOf(int128 number);
extern Big	BigOfDouble(double number); /* times 2^1074 */
extern Big	BigAdd(Big left, Big right);
extern Big	BigSubtract(Big left, Big right);
extern Big	BigMultiply(Big left, Big right);
extern Big	BigDivide(Big left, Big right, Big *rest);	/* of 0 or more */
extern Big	BigTen(int exponent);
extern int	BigCompare(Big left, Big right);
extern Big	BigAbsolute(Big number);

#endif							/* REVOPS_FUZZ_BIG_H */
