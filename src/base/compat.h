/*
 * compat.h
 *		What differs between the PostgreSQL versions that revops supports
 *		(15, 17, 18). No other file asks for PG_VERSION_NUM.
 */
#ifndef REVOPS_COMPAT_H
#define REVOPS_COMPAT_H

#include "common/jsonapi.h"
#include "utils/jsonfuncs.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* The word for functions that never return, put first, came in 18. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* The name of printf's checks is that of the server's compiler; clang knows this one. */
#ifdef __clang__
#undef PG_PRINTF_ATTRIBUTE
#define PG_PRINTF_ATTRIBUTE printf
#endif

/* Semantic actions of the JSON parser return an error code since 16. */
#if PG_VERSION_NUM >= 160000
typedef JsonParseErrorType JsonActionResult;
#define JSON_ACTION_DONE	return JSON_SUCCESS
#else
typedef void JsonActionResult;
#define JSON_ACTION_DONE	return
#endif

/* The lexer's state is given by the caller since 17. */
#if PG_VERSION_NUM >= 170000
#define MakeJsonLexer(text, length, encoding) \
	makeJsonLexContextCstringLen(NULL, (text), (length), (encoding), true)
#else
#define MakeJsonLexer(text, length, encoding) \
	makeJsonLexContextCstringLen((text), (length), (encoding), true)
#endif

/* Reporting a parse error was renamed in 16, when soft errors came. */
#if PG_VERSION_NUM >= 160000
#define ReportJsonSyntax(error, lexer)	json_errsave_error((error), (lexer), NULL)
#else
#define ReportJsonSyntax(error, lexer)	json_ereport_error((error), (lexer))
#endif

#endif							/* REVOPS_COMPAT_H */
