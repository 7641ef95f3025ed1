/*
 * server.c
 *		What the algorithms call of a server: memory, errors, interrupts. An error
 *		or a numeric is not what brute force expects, and ends the run.
 */
#include "fuzz.h"

#include <stdarg.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/numeric_call.h"

volatile sig_atomic_t InterruptPending = false;

void
ProcessInterrupts(void)
{
}

/* Each piece is the C library's own, so that the sanitizer knows its ends. */
static void **pieces;
static int	piece_count;
static int	piece_room;

static void *
Keep(void *piece)
{
	if (piece == NULL)
		abort();
	if (piece_count == piece_room)
	{
		piece_room = Max(64, piece_room * 2);
		pieces = realloc(pieces, piece_room * sizeof(void *));
	}
	return pieces[piece_count++] = piece;
}

static void **
Find(void *piece)
{
	for (int i = piece_count - 1; i >= 0; i--)
		if (pieces[i] == piece)
			return &pieces[i];
	fprintf(stderr, "freed twice, or never made\n");
	abort();
}

void *
palloc_extended(Size size, int flags)
{
	void	   *piece = Keep(malloc(size));

	/* what is not asked to be zero is not */
	return memset(piece, flags & MCXT_ALLOC_ZERO ? 0 : 0x7F, size);
}

void *
palloc(Size size)
{
	return palloc_extended(size, 0);
}

void *
palloc0(Size size)
{
	return palloc_extended(size, MCXT_ALLOC_ZERO);
}

void *
repalloc_huge(void *piece, Size size)
{
	void	  **place = Find(piece);

	return *place = realloc(piece, size);
}

void
pfree(void *piece)
{
	*Find(piece) = pieces[piece_count - 1];
	piece_count--;
	free(piece);
}

void
FreeAll(void)
{
	while (piece_count > 0)
		free(pieces[--piece_count]);
}

bool
errstart(int level, const char *domain)
{
	return level >= ERROR;
}

bool
errstart_cold(int level, const char *domain)
{
	return errstart(level, domain);
}

void
errfinish(const char *file, int line, const char *function)
{
	fprintf(stderr, "    raised by %s, %s:%d\n", function, file, line);
	abort();
}

int
errcode(int code)
{
	return 0;
}

#define PRINT_MESSAGE(name) \
	int \
	name(const char *format,...) \
	{ \
		va_list		args; \
		\
		va_start(args, format); \
		vfprintf(stderr, format, args); \
		va_end(args); \
		fputc('\n', stderr); \
		return 0; \
	}

PRINT_MESSAGE(errmsg)
PRINT_MESSAGE(errdetail)
PRINT_MESSAGE(errhint)

char *
DateText(DateADT day)
{
	char	   *text = palloc(32);

	snprintf(text, 32, "day %d", day);
	return text;
}

DateADT
CheckFiniteDate(DateADT day, const char *what)
{
	if (DATE_NOT_FINITE(day))
		abort();
	return day;
}

double
CheckConfidence(double confidence)
{
	return confidence;
}

/* Amounts drawn here fit in 128 bits. */
#define NO_NUMERIC \
	do { \
		fprintf(stderr, "%s: a numeric where 128 bits are enough\n", __func__); \
		abort(); \
	} while (0)

Numeric
NumericAdd(Numeric left, Numeric right)
{
	NO_NUMERIC;
}

Numeric
NumericSubtract(Numeric left, Numeric right)
{
	NO_NUMERIC;
}

int
NumericCompare(Numeric left, Numeric right)
{
	NO_NUMERIC;
}

Numeric
NumericZero(void)
{
	NO_NUMERIC;
}

char *
NumericToText(Numeric value)
{
	NO_NUMERIC;
}

Numeric
DecimalToNumeric(const Decimal *decimal)
{
	NO_NUMERIC;
}

bool
DecimalFromNumeric(const struct varlena *value, Decimal *decimal)
{
	NO_NUMERIC;
}

struct varlena *
pg_detoast_datum(struct varlena *value)
{
	NO_NUMERIC;
}

Datum
DirectFunctionCall1Coll(PGFunction function, Oid collation, Datum one)
{
	NO_NUMERIC;
}

Datum
DirectFunctionCall2Coll(PGFunction function, Oid collation, Datum one, Datum two)
{
	NO_NUMERIC;
}

Datum
numeric_float8(PG_FUNCTION_ARGS)
{
	NO_NUMERIC;
}

Datum
numeric_div(PG_FUNCTION_ARGS)
{
	NO_NUMERIC;
}

void
pg_qsort(void *base, size_t count, size_t size, int (*compare) (const void *, const void *))
{
#undef qsort
	qsort(base, count, size, compare);
}
