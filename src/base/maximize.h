/*
 * maximize.h
 *		The maximum of a smooth function of a few numbers. No SQL here.
 */
#ifndef REVOPS_MAXIMIZE_H
#define REVOPS_MAXIMIZE_H

#define MAXIMIZE_MOST		4	/* numbers */
#define MAXIMIZE_STEPS		200

/*
 * The function at a point, with its gradient and its matrix of second derivatives
 * (rows one behind the other, n by n).
 */
typedef double (*MaximizeFunction) (const void *context, const double *at,
									double *gradient, double *second);

typedef struct MaximizeProblem
{
	int			count;			/* of numbers, up to MAXIMIZE_MOST */
	MaximizeFunction function;
	const void *context;
	double		low[MAXIMIZE_MOST];	/* bounds of each number */
	double		high[MAXIMIZE_MOST];
} MaximizeProblem;

typedef struct Maximum
{
	double		at[MAXIMIZE_MOST];
	double		value;
	bool		found;			/* else the best point after MAXIMIZE_STEPS steps */
} Maximum;

/* A normal prior of one number. */
typedef struct NormalPrior
{
	double		middle;
	double		spread;
} NormalPrior;

extern Maximum MaximizeFrom(const MaximizeProblem *problem, const double *start);
extern Maximum MaximizeBest(const MaximizeProblem *problem, const double *starts, int start_count);
extern double NormalPriorAdd(const NormalPrior *prior, int count, double weight,
							 const double *at, double *gradient, double *second);

#endif							/* REVOPS_MAXIMIZE_H */
