/*
 * survival.h
 *		survival_state, what Kaplan-Meier needs to know of a population, and what
 *		other modules call to fill one.
 */
#ifndef REVOPS_SURVIVAL_H
#define REVOPS_SURVIVAL_H

#include "fmgr.h"

#include "survival/survival_spells.h"

#define SURVIVAL_STATE_VERSION	1
#define INCIDENCE_STATE_VERSION	1

/*
 * For an aggregate of another module that ends in a survival_state: its
 * transition function calls this for each subject; its final and combine
 * functions are survival_state_final and survival_state_combine themselves.
 */
extern void *SurvivalStateAdd(void *state, double entry, double duration, bool event);

#endif							/* REVOPS_SURVIVAL_H */
