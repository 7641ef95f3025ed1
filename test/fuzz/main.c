/*
 * main.c
 *		Runs the subjects: fuzz [TIMES [SEED]] for TIMES the cases of a quick run,
 *		fuzz SUBJECT CASE SEED for one case, told in full.
 */
#include "fuzz.h"

#include <stdarg.h>
#include <time.h>

static const Subject subjects[] = {
	{"funnel", FunnelCase, 150000},
	{"stage", StageCase, 100000},
	{"survival", SurvivalCase, 60000},
	{"incidence", IncidenceCase, 40000},
	{"rfm_cuts", RfmCutsCase, 20000},
	{"rfm_mean", RfmMeanCase, 10000},
	{"rfm_fold", RfmFoldCase, 1000},
	{"calendar", CalendarCase, 30000},
	{"contract_timeline", TimelineCase, 20000},
	{"contract_terms", TermsCase, 40000},
	{"decimal", DecimalCase, 50000},
	{"figures", FiguresCase, 1},
	{"quantiles", QuantilesCase, 1},
	{"tariff_price", TariffCase, 20000},
	{"work", WorkCase, 2000},
	{"zone", ZoneCase, 10000},
	{"period", PeriodCase, 5000},
	{"cadence_forecast", CadenceForecastCase, 1000},
	{"cadence_extreme", CadenceExtremeCase, 5000},
	{"cadence_simulation", CadenceSimulationCase, 3},
	{"cadence_fit", CadenceFitCase, 300},
	{"tenure_fit", TenureFitCase, 2000},
	{"spend", SpendCase, 1000},
	{"referral", ReferralCase, 20000},
	{"qualification", QualificationCase, 20000},
	{"score", ScoreCase, 20000},
	{"deal", DealCase, 10000},
	{"luck", LuckCase, 20000},
	{"chain", ChainCase, 400},
	{"shapley", ShapleyCase, 20000},
	{"basket", BasketCase, 20000},
	{"adoption_follow", FollowCase, 20000},
	{"adoption_space", SpaceCase, 20000},
};

#define TOLD_DIFFERENCES 3

static uint64 random_state;
static uint64 seed = 1;
static int64 case_number;
static bool told;				/* one case, in full */
static bool differs;
static int64 failed;
static const Subject *subject;

/* splitmix64 */
uint64
RandomBits(void)
{
	uint64		z = (random_state += UINT64CONST(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64CONST(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

int
RandomBelow(int below)
{
	return (int) (RandomBits() % (uint64) below);
}

int
RandomBetween(int least, int most)
{
	return least + RandomBelow(most - least + 1);
}

bool
Chance(int percent)
{
	return RandomBelow(100) < percent;
}

/* What a case is made of; printed where one case is told. */
void
Note(const char *format,...)
{
	va_list		args;

	if (!told)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

/* The case is wrong. */
void
Differ(const char *format,...)
{
	va_list		args;

	differs = true;
	if (failed >= TOLD_DIFFERENCES && !told)
		return;
	printf("not as brute force has it: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n    again: fuzz %s " INT64_FORMAT " " UINT64_FORMAT "\n",
		   subject->name, case_number, seed);
}

static void
RunCase(int64 number)
{
	case_number = number;
	random_state = seed * UINT64CONST(0xD1342543DE82EF95) + (uint64) number;
	for (const char *at = subject->name; *at; at++)
		random_state = random_state * 31 + (unsigned char) *at;
	differs = false;
	subject->one_case();
	FreeAll();
	failed += differs;
}

static double
Seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

int
main(int argc, char **argv)
{
	int64		passed = 0;
	int64		all_failed = 0;
	double		times = argc > 1 ? atof(argv[1]) : 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	told = argc == 4;
	if (argc == 3)
		seed = strtoull(argv[2], NULL, 10);
	if (told)
		seed = strtoull(argv[3], NULL, 10);
	for (int i = 0; i < (int) lengthof(subjects); i++)
	{
		double		start = Seconds();
		int64		cases = (int64) (subjects[i].cases * times);

		subject = &subjects[i];
		failed = 0;
		if (told)
		{
			if (strcmp(argv[1], subject->name) != 0)
				continue;
			RunCase(atoll(argv[2]));
			passed += 1 - failed;
		}
		else
		{
			for (int64 n = 0; n < cases; n++)
				RunCase(n);
			passed += cases - failed;
			printf("%-20s " INT64_FORMAT " cases, %.0f a second, " INT64_FORMAT " failed\n",
				   subject->name, cases, cases / Max(Seconds() - start, 1e-9), failed);
		}
		all_failed += failed;
	}
	printf(INT64_FORMAT " passed, " INT64_FORMAT " failed\n", passed, all_failed);
	return all_failed > 0 || passed == 0;
}
