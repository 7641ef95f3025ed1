/*
 * fuzz.h
 *		Algorithms against brute force, without a server: what the subjects share.
 *
 * A case draws its input from its own number, so that it can be run again alone.
 * Memory of palloc lasts until the case ends.
 */
#ifndef REVOPS_FUZZ_H
#define REVOPS_FUZZ_H

#include "postgres.h"

/* The C library's: the server's own are in the server. */
#undef printf
#undef vprintf
#undef fprintf
#undef vfprintf
#undef snprintf

typedef struct Subject
{
	const char *name;
	void		(*one_case) (void);
	int			cases;			/* of the quick run */
} Subject;

extern void FunnelCase(void);
extern void StageCase(void);
extern void SurvivalCase(void);
extern void IncidenceCase(void);
extern void RfmCutsCase(void);
extern void RfmMeanCase(void);
extern void RfmFoldCase(void);
extern void CalendarCase(void);
extern void TimelineCase(void);
extern void TermsCase(void);
extern void DecimalCase(void);
extern void FiguresCase(void);
extern void QuantilesCase(void);
extern void TariffCase(void);
extern void WorkCase(void);
extern void ZoneCase(void);
extern void PeriodCase(void);
extern void CadenceForecastCase(void);
extern void CadenceExtremeCase(void);
extern void CadenceSimulationCase(void);
extern void CadenceFitCase(void);
extern void TenureFitCase(void);
extern void SpendCase(void);
extern void ReferralCase(void);
extern void QualificationCase(void);
extern void ScoreCase(void);
extern void DealCase(void);
extern void LuckCase(void);
extern void ChainCase(void);
extern void ShapleyCase(void);
extern void BasketCase(void);
extern void FollowCase(void);
extern void SpaceCase(void);

/* main.c */
extern uint64 RandomBits(void);
extern int	RandomBelow(int below);
extern int	RandomBetween(int least, int most);
extern bool Chance(int percent);
extern void Note(const char *format,...) pg_attribute_printf(1, 2);
extern void Differ(const char *format,...) pg_attribute_printf(1, 2);

/* server.c */
extern void FreeAll(void);

/* Says what is wrong, once a case; a case that is wrong need not go on. */
#define EXPECT(condition, ...) \
	do { \
		if (!(condition)) \
		{ \
			Differ(__VA_ARGS__); \
			return; \
		} \
	} while (0)

#endif							/* REVOPS_FUZZ_H */
