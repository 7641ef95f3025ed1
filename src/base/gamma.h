/*
 * gamma.h
 *		The logarithm of the gamma function and its first derivatives. No SQL here.
 */
#ifndef REVOPS_GAMMA_H
#define REVOPS_GAMMA_H

/* lgamma at a positive number and there its first and second derivative */
typedef struct LogGamma
{
	double		value;
	double		first;			/* digamma */
	double		second;			/* trigamma */
} LogGamma;

extern LogGamma LogGammaAt(double x);

#endif							/* REVOPS_GAMMA_H */
