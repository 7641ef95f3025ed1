/*
 * format.c
 *		Text put together as printf does: see format.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/format.h"

/* The text, in the current context. args can be used again. */
char *
FormatText(const char *format, va_list args)
{
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list		copy;
		int			needed;

		va_copy(copy, args);
		needed = appendStringInfoVA(&text, format, copy);
		va_end(copy);
		if (needed == 0)
			return text.data;
		enlargeStringInfo(&text, needed);
	}
}
