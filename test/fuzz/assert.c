/*
 * assert.c
 *		What a failed Assert calls. Its further arguments, which differ between
 *		PostgreSQL's versions, are not looked at; so no header of the server here.
 */
#include <stdio.h>
#include <stdlib.h>

void		ExceptionalCondition(const char *condition);

void
ExceptionalCondition(const char *condition)
{
	fprintf(stderr, "Assert failed: %s\n", condition);
	abort();
}
