/*
 * attribution_models.h
 *		The chain of a population, for attribution_rows and attribution_channels.
 */
#ifndef REVOPS_ATTRIBUTION_MODELS_H
#define REVOPS_ATTRIBUTION_MODELS_H

#include "attribution/attribution.h"
#include "attribution/attribution_chain.h"

extern ChainPath *ChainPaths(const AttributionView *view, int *count);

#endif							/* REVOPS_ATTRIBUTION_MODELS_H */
