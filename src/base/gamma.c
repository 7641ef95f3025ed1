/*
 * gamma.c
 *		The logarithm of the gamma function with its derivatives: see gamma.h.
 */
#include "postgres.h"

#include <math.h>

#include "base/distribution.h"
#include "base/gamma.h"

#define LARGE	12.0			/* from here on 7 terms give all digits */

/*
 * The second derivative of lgamma, x > 0. Recurrence up to LARGE, then the
 * asymptotic series (Abramowitz and Stegun 6.4.11).
 */
static double
Trigamma(double x)
{
	double		result = 0;
	double		inverse;
	double		square;

	while (x < LARGE)
	{
		result += 1 / (x * x);
		x += 1;
	}
	inverse = 1 / x;
	square = inverse * inverse;
	return result + inverse + square / 2 + square * inverse *
		(1.0 / 6 - square * (1.0 / 30 - square * (1.0 / 42 - square * (1.0 / 30 - square *
		(5.0 / 66 - square * (691.0 / 2730 - square * 7.0 / 6))))));
}

/* x > 0 */
LogGamma
LogGammaAt(double x)
{
	LogGamma	result = {lgamma(x), Digamma(x), Trigamma(x)};

	return result;
}
