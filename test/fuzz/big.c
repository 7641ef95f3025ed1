/*
 * big.c
 *		Whole numbers without end: see big.h.
 */
#include "big.h"

#include <math.h>

/* Without zeros at the top; 0 has no sign. */
static Big
Trimmed(Big number)
{
	while (number.length > 0 && number.limbs[number.length - 1] == 0)
		number.length--;
	if (number.length == 0)
		number.negative = false;
	return number;
}

static uint32
Limb(const Big *number, int i)
{
	return i < number->length ? number->limbs[i] : 0;
}

Big
BigOf(int128 number)
{
	Big			big;
	unsigned __int128 rest = number < 0 ? -(unsigned __int128) number : (unsigned __int128) number;

	big.negative = number < 0;
	for (big.length = 0; rest > 0; rest >>= 32)
		big.limbs[big.length++] = (uint32) rest;
	return big;
}

static int
CompareSizes(const Big *left, const Big *right)
{
	for (int i = Max(left->length, right->length) - 1; i >= 0; i--)
		if (Limb(left, i) != Limb(right, i))
			return Limb(left, i) < Limb(right, i) ? -1 : 1;
	return 0;
}

int
BigCompare(Big left, Big right)
{
	if (left.negative != right.negative)
		return left.negative ? -1 : 1;
	return left.negative ? CompareSizes(&right, &left) : CompareSizes(&left, &right);
}

Big
BigAdd(Big left, Big right)
{
	Big			sum;
	int64		carry = 0;
	int			sign = left.negative == right.negative ? 1 : -1;

	if (CompareSizes(&left, &right) < 0)
		return BigAdd(right, left);
	sum.negative = left.negative;
	sum.length = left.length;
	for (int i = 0; i < left.length; i++)
	{
		carry += (int64) left.limbs[i] + sign * (int64) Limb(&right, i);
		sum.limbs[i] = (uint32) carry;
		carry >>= 32;
	}
	if (carry != 0)
		sum.limbs[sum.length++] = (uint32) carry;
	return Trimmed(sum);
}

Big
BigSubtract(Big left, Big right)
{
	right.negative = !right.negative && right.length > 0;
	return BigAdd(left, right);
}

Big
BigAbsolute(Big number)
{
	number.negative = false;
	return number;
}

Big
BigMultiply(Big left, Big right)
{
	Big			product;

	product.negative = left.negative != right.negative;
	product.length = left.length + right.length;
	memset(product.limbs, 0, product.length * sizeof(uint32));
	for (int i = 0; i < left.length; i++)
	{
		uint64		carry = 0;

		for (int j = 0; j <= right.length; j++)
		{
			carry += (uint64) left.limbs[i] * Limb(&right, j) + product.limbs[i + j];
			product.limbs[i + j] = (uint32) carry;
			carry >>= 32;
		}
	}
	return Trimmed(product);
}

/* A bit at a time. */
Big
BigDivide(Big left, Big right, Big *rest)
{
	Big			quotient = left;

	memset(quotient.limbs, 0, quotient.length * sizeof(uint32));
	*rest = BigOf(0);
	for (int bit = left.length * 32 - 1; bit >= 0; bit--)
	{
		*rest = BigAdd(*rest, *rest);
		if (left.limbs[bit / 32] >> (bit % 32) & 1)
			*rest = BigAdd(*rest, BigOf(1));
		if (CompareSizes(rest, &right) >= 0)
		{
			*rest = BigSubtract(*rest, right);
			quotient.limbs[bit / 32] |= (uint32) 1 << (bit % 32);
		}
	}
	return Trimmed(quotient);
}

Big
BigTen(int exponent)
{
	static Big	powers[100];
	static int	known = 0;

	for (; known <= exponent; known++)
		powers[known] = known == 0 ? BigOf(1) : BigMultiply(powers[known - 1], BigOf(10));
	return powers[exponent];
}

Big
BigOfDouble(double number)
{
	int			exponent;
	double		fraction = frexp(fabs(number), &exponent);
	Big			big = {number < 0, BIG_LIMBS, {0}};

	/* fraction * 2^53 is whole; below 2^-1074 there is nothing */
	for (int bit = 52; bit >= 0 && fraction > 0; bit--)
	{
		int			place = exponent - 53 + bit + 1074;

		fraction *= 2;
		if (fraction >= 1)
		{
			fraction -= 1;
			big.limbs[place / 32] |= (uint32) 1 << (place % 32);
		}
	}
	return Trimmed(big);
}
