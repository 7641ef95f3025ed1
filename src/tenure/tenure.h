/*
 * tenure.h
 *		How long contracts last: what the rooms of the module share.
 *
 * tenure_fit.c			the model, on plain numbers
 * tenure_model.c		tenure_model: its parameters, learned or given
 * tenure_forecast.c	what contracts will bring
 */
#ifndef REVOPS_TENURE_H
#define REVOPS_TENURE_H

#include "fmgr.h"

#include "base/state.h"
#include "tenure/tenure_fit.h"

typedef enum TenureStatus
{
	TENURE_OK,
	TENURE_FEW,
	TENURE_EDGE,
	TENURE_STOPPED
} TenureStatus;

#define TENURE_LEARNED	1		/* flag of a tenure_model: counts are there */

typedef struct TenureModel
{
	StateHeader header;
	int32		status;
	int32		unused;
	double		a;
	double		b;
	/* 0 where parameters were given */
	double		log_likelihood;
	double		prior_weight;
	int64		holders;
	int64		lapsed;
} TenureModel;

extern TenureModel *TenureModelFromDatum(Datum value);
extern TenureParameters TenureModelParameters(const TenureModel *model);

#endif							/* REVOPS_TENURE_H */
