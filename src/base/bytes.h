/*
 * bytes.h
 *		Text keys compare byte by byte, everywhere and whatever the collation.
 */
#ifndef REVOPS_BYTES_H
#define REVOPS_BYTES_H

/*
 * Negative, 0 or positive; a length of -1 is NULL, which comes last.
 */
static inline int
BytesCompare(const char *left, int left_length, const char *right, int right_length)
{
	int			order;

	if (left_length < 0 || right_length < 0)
		return (left_length < 0) - (right_length < 0);
	order = memcmp(left, right, left_length < right_length ? left_length : right_length);
	return order != 0 ? order : (left_length > right_length) - (left_length < right_length);
}

static inline bool
BytesEqual(const char *left, int left_length, const char *right, int right_length)
{
	return left_length == right_length &&
		(left_length <= 0 || memcmp(left, right, left_length) == 0);
}

#endif							/* REVOPS_BYTES_H */
