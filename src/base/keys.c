/*
 * keys.c
 *		Text keys: see keys.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/keys.h"

/* The type of a key as written in the query, under the casts that PostgreSQL put around it. */
static Oid
WrittenType(Node *node)
{
	while (IsA(node, RelabelType) && ((RelabelType *) node)->relabelformat == COERCE_IMPLICIT_CAST)
		node = (Node *) ((RelabelType *) node)->arg;
	return getBaseType(exprType(node));
}

/*
 * An error where the text argument of an aggregate may be equal to another that has
 * other bytes: by a nondeterministic collation, or by a type of its own, such as
 * citext. function and name are for the error. A window function knows the call's
 * collation alone.
 */
void
CheckTextKey(FunctionCallInfo fcinfo, int argument, const char *function, const char *name)
{
	Aggref	   *call = AggGetAggref(fcinfo);
	Oid			collation = PG_GET_COLLATION();

	if (call != NULL)
	{
		Node	   *node = (Node *) list_nth_node(TargetEntry, call->args, argument - 1)->expr;
		Oid			type = WrittenType(node);

		collation = exprCollation(node);
		if (type != TEXTOID && type != VARCHAROID && type != BPCHAROID && type != NAMEOID &&
			type != UNKNOWNOID)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("%s of %s must be text that compares byte by byte", name, function),
					 errdetail("It is of type %s.", format_type_be(type)),
					 errhint("Fold it: lower(%s)::text collate \"C\".", name)));
	}
	if (!OidIsValid(collation) || !get_collation_isdeterministic(collation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s of %s must be text that compares byte by byte", name, function),
				 OidIsValid(collation) ?
				 errdetail("By the collation \"%s\", texts of different bytes can be equal.",
						   get_collation_name(collation)) :
				 errdetail("Which collation it has is not clear."),
				 errhint("Fold it: lower(%s)::text collate \"C\".", name)));
}
