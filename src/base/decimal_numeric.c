/*
 * decimal_numeric.c
 *		Decimals from numerics and back: see decimal.h.
 *
 * Reads the stored form of numeric directly. It is private to numeric.c but
 * cannot change: data directories that pg_upgrade carries over hold it, since
 * 9.1. A test compares each value read here with its text.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "base/decimal.h"

#define GROUP_DIGITS		4	/* of a stored digit */
#define FOUR_GROUPS			UINT64CONST(10000000000000000)

/* Header bits of the stored form, as numeric.c names them. */
#define HEADER_SIGN_MASK	0xC000
#define HEADER_NEGATIVE		0x4000
#define HEADER_SHORT		0x8000
#define HEADER_SPECIAL		0xC000
#define SHORT_NEGATIVE		0x2000
#define SHORT_SCALE_MASK	0x1F80
#define SHORT_SCALE_SHIFT	7
#define SHORT_WEIGHT_SIGN	0x0040
#define SHORT_WEIGHT_MASK	0x003F
#define LONG_SCALE_MASK		0x3FFF

/*
 * Reads a finite numeric. value: a detoasted numeric, its header long or short
 * (VARDATA_ANY), so that no copy is needed. False when it has more than 36
 * digits behind the point, does not fit in 128 bits, or is not finite.
 */
bool
DecimalFromNumeric(const struct varlena *value, Decimal *decimal)
{
	const char *bytes = VARDATA_ANY(value);
	int			length = VARSIZE_ANY_EXHDR(value);
	uint16		header;
	int			weight;
	int			digits;
	bool		negative;
	int128		coefficient = 0;

	memcpy(&header, bytes, sizeof(header));
	bytes += sizeof(header);
	if ((header & HEADER_SIGN_MASK) == HEADER_SPECIAL)
		return false;			/* NaN, Infinity */
	if ((header & HEADER_SIGN_MASK) == HEADER_SHORT)
	{
		negative = (header & SHORT_NEGATIVE) != 0;
		decimal->scale = (header & SHORT_SCALE_MASK) >> SHORT_SCALE_SHIFT;
		weight = header & SHORT_WEIGHT_MASK;
		if (header & SHORT_WEIGHT_SIGN)
			weight |= ~SHORT_WEIGHT_MASK;
		digits = (length - (int) sizeof(header)) / (int) sizeof(int16);
	}
	else
	{
		int16		stored_weight;

		negative = (header & HEADER_SIGN_MASK) == HEADER_NEGATIVE;
		decimal->scale = header & LONG_SCALE_MASK;
		memcpy(&stored_weight, bytes, sizeof(stored_weight));
		bytes += sizeof(stored_weight);
		weight = stored_weight;
		digits = (length - (int) sizeof(header) - (int) sizeof(int16)) / (int) sizeof(int16);
	}

	decimal->groups = Max(digits - weight - 1, 0);
	if (decimal->groups > DECIMAL_MOST_GROUPS)
		return false;
	if (digits <= 4)
	{
		/* the usual amount: 16 digits fit in 64 bits */
		int64		small = 0;

		for (int i = 0; i < digits; i++)
		{
			int16		digit;

			memcpy(&digit, bytes + i * sizeof(digit), sizeof(digit));
			small = small * DECIMAL_BASE + digit;
		}
		coefficient = negative ? -(int128) small : small;
	}
	else
	{
		for (int i = 0; i < digits; i++)
		{
			int16		digit;

			memcpy(&digit, bytes + i * sizeof(digit), sizeof(digit));
			/* with its sign from the start: there is one negative number more */
			if (negative)
				digit = -digit;
			if (__builtin_mul_overflow(coefficient, (int128) DECIMAL_BASE, &coefficient) ||
				__builtin_add_overflow(coefficient, (int128) digit, &coefficient))
				return false;
		}
	}
	/* zeros before the point that are not stored: 120000 is the digit 12 */
	if (weight + 1 > digits && digits > 0 &&
		!DecimalMultiply(&coefficient, weight + 1 - digits))
		return false;
	decimal->coefficient = coefficient;
	return true;
}

/* Header fields of a short numeric hold no more. */
#define SHORT_MOST_SCALE	63
#define SHORT_MOST_WEIGHT	63
#define MOST_DIGITS			11	/* base-10,000 digits of 128 bits */

/*
 * The number as a numeric in its stored form, several times faster than through
 * numeric's own functions; NULL when it has digits behind its scale, or more of
 * them than the short header counts.
 */
static Numeric
DecimalToShortNumeric(const Decimal *decimal)
{
	bool		negative = decimal->coefficient < 0;
	unsigned __int128 rest = negative ? -(unsigned __int128) decimal->coefficient :
		(unsigned __int128) decimal->coefficient;
	int			behind = decimal->groups;	/* digits behind the point */
	int16		digits[MOST_DIGITS];	/* from the last on, zeros at the end left out */
	int			count = 0;
	int			weight;
	uint16		header = HEADER_SHORT;
	struct varlena *value;
	char	   *at;

	if (decimal->scale > SHORT_MOST_SCALE)
		return NULL;
	while (rest > 0)
	{
		/* four digits at a time in 64 bits; few amounts need more */
		uint64		part = rest > PG_UINT64_MAX ?
			(uint64) (rest % FOUR_GROUPS) : (uint64) rest;
		int			part_digits = rest > PG_UINT64_MAX ? 4 : MOST_DIGITS;

		rest = rest > PG_UINT64_MAX ? rest / FOUR_GROUPS : 0;
		for (int i = 0; i < part_digits && (rest > 0 || part > 0); i++)
		{
			int16		digit = part % DECIMAL_BASE;

			part /= DECIMAL_BASE;
			if (count == 0 && digit == 0)
				behind--;
			else
				digits[count++] = digit;
		}
	}
	weight = count == 0 ? 0 : count - 1 - behind;
	if (weight < -SHORT_MOST_WEIGHT || weight > SHORT_MOST_WEIGHT)
		return NULL;
	if (count > 0 && behind * GROUP_DIGITS > decimal->scale)
	{
		int			beyond = behind * GROUP_DIGITS - decimal->scale;

		if (beyond >= GROUP_DIGITS ||
			digits[0] % (beyond == 1 ? 10 : beyond == 2 ? 100 : 1000) != 0)
			return NULL;
	}

	value = palloc(VARHDRSZ + sizeof(header) + count * sizeof(int16));
	SET_VARSIZE(value, VARHDRSZ + sizeof(header) + count * sizeof(int16));
	if (negative)
		header |= SHORT_NEGATIVE;
	header |= decimal->scale << SHORT_SCALE_SHIFT;
	header |= weight & (SHORT_WEIGHT_SIGN | SHORT_WEIGHT_MASK);
	at = VARDATA(value);
	memcpy(at, &header, sizeof(header));
	at += sizeof(header);
	for (int i = count - 1; i >= 0; i--)
	{
		memcpy(at, &digits[i], sizeof(int16));
		at += sizeof(int16);
	}
	return (Numeric) value;
}

/*
 * The number as a numeric with its scale's digits behind the point, rounded
 * where it has more.
 */
Numeric
DecimalToNumeric(const Decimal *decimal)
{
	Numeric		result = DecimalToShortNumeric(decimal);
	char		text[64];
	char	   *end = text + sizeof(text);
	char	   *at = end;
	bool		negative = decimal->coefficient < 0;
	unsigned __int128 rest = negative ? -(unsigned __int128) decimal->coefficient :
		(unsigned __int128) decimal->coefficient;
	int			behind = decimal->groups * GROUP_DIGITS;
	Datum		value;

	if (result)
		return result;
	if (decimal->coefficient >= PG_INT64_MIN && decimal->coefficient <= PG_INT64_MAX)
		value = NumericGetDatum(int64_div_fast_to_numeric((int64) decimal->coefficient, behind));
	else
	{
		*--at = '\0';
		for (int i = 0; rest > 0 || i <= behind; i++)
		{
			if (i == behind && behind > 0)
				*--at = '.';
			*--at = '0' + (int) (rest % 10);
			rest /= 10;
		}
		if (negative)
			*--at = '-';
		value = NumericGetDatum(NumericFromText(at));
	}
	return DatumGetNumeric(DirectFunctionCall2(numeric_round, value,
											   Int32GetDatum(decimal->scale)));
}
