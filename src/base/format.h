/*
 * format.h
 *		Text put together as printf does, for functions that take a format.
 */
#ifndef REVOPS_FORMAT_H
#define REVOPS_FORMAT_H

#include <stdarg.h>

#include "base/compat.h"

extern char *FormatText(const char *format, va_list args) pg_attribute_printf(1, 0);

#endif							/* REVOPS_FORMAT_H */
