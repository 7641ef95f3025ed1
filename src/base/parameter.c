/*
 * parameter.c
 *		Arguments of aggregates: see parameter.h.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/parameter.h"

/* An argument that says what is asked must not be NULL in any row. */
void
CheckAggregateArgument(FunctionCallInfo fcinfo, int argument, const char *aggregate,
					   const char *what)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s of %s must not be NULL", what, aggregate),
				 errhint("Give it as a constant; where it comes from a column, filter out the rows that have none.")));
}

/* It was another one in a row before. */
void
AggregateArgumentChanged(const char *aggregate, const char *before, const char *now)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the parameters of %s must be the same in every row", aggregate),
			 errdetail("They were %s, and are %s.", before, now),
			 errhint("Put what varies into GROUP BY.")));
}
