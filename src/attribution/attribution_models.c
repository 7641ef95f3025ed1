/*
 * attribution_models.c
 *		attribution_rows: the credit of each channel by eleven models.
 *
 * Credit is added up path by path in their one order, with a correction of what
 * rounding loses, and amounts are shared by the largest remainder in units of their
 * last digit: so both add up, and no bit depends on the order of rows.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "attribution/attribution_models.h"
#include "attribution/attribution_shapley.h"
#include "base/check.h"
#include "base/distribution.h"
#include "base/rows.h"

#define LEAST_SCALE		2		/* money is shared to the cent, or finer where it is */

PG_FUNCTION_INFO_V1(attribution_rows);

typedef enum Model
{
	MODEL_FIRST,
	MODEL_LAST,
	MODEL_LAST_NON_DIRECT,
	MODEL_LINEAR,
	MODEL_POSITION,
	MODEL_TIME_DECAY,
	MODEL_PARTICIPATION,
	MODEL_MARKOV_1,
	MODEL_MARKOV_2,
	MODEL_SHAPLEY,
	MODEL_SHAPLEY_RATE
} Model;

#define MODELS	11

static const char *const model_names[MODELS] = {
	"first", "last", "last_non_direct", "linear", "position", "time_decay", "participation",
	"markov_1", "markov_2", "shapley", "shapley_rate"
};

/* A sum of doubles that keeps what rounding lost (Neumaier). */
typedef struct Sum
{
	double		value;
	double		rest;
} Sum;

static inline void
Add(Sum *sum, double more)
{
	double		total = sum->value + more;

	sum->rest += fabs(sum->value) >= fabs(more) ? (sum->value - total) + more : (more - total) + sum->value;
	sum->value = total;
}

static inline double
Total(Sum sum)
{
	return sum.value + sum.rest;
}

/* What a model says of a channel. */
typedef struct Credit
{
	Sum			credit;			/* wins */
	Sum			square;			/* of each win's credit, for the interval */
	Sum			amount;			/* where it is shared by doubles */
	uint128 exact;	/* where each win's amount goes to channels whole */
	double		variance;		/* of the credit's part of all wins; -1: not known */
} Credit;

typedef struct Answer
{
	RowWriter	out;
	AttributionView view;
	AttributionTotals totals;
	AttributionSpec *spec;
	bool	   *is_direct;		/* by channel */
	Credit	   *credits;		/* by channel */
} Answer;

/* An amount in units of 10^-(4 * groups), as the nearest double. */
static double
AmountDouble(uint128 amount, int groups)
{
	return (double) amount / pow(10000, groups);
}

/* The paths with a touch, for a chain. */
ChainPath *
ChainPaths(const AttributionView *view, int *count)
{
	ChainPath  *paths = palloc_extended(Max(1, view->stats->paths) * sizeof(ChainPath), MCXT_ALLOC_HUGE);

	*count = 0;
	for (int i = 0; i < view->stats->paths; i++)
	{
		const PathEntry *path = view->path[i];
		ChainPath  *to = &paths[*count];

		if (path->touches == 0)
			continue;
		to->touches = path->touches;
		to->channel = path->channel;
		to->won = (double) path->count[OUTCOME_WON];
		to->lost = (double) path->count[OUTCOME_LOST];
		to->open = (double) path->count[OUTCOME_OPEN];
		to->amount = AmountDouble(PathAmount(path), AmountGroups(view->stats));
		(*count)++;
	}
	return paths;
}

static inline int64
TouchedWon(const Answer *answer)
{
	return answer->totals.count[OUTCOME_WON] - answer->totals.no_touch_won;
}

static inline uint128
TouchedAmount(const Answer *answer)
{
	return answer->totals.won_amount - answer->totals.no_touch_amount;
}

/* ------------------------------------------------------------------------- */

/* The touch that gets all of a win: its place on the path. */
static int
ChosenTouch(const Answer *answer, Model model, const PathEntry *path)
{
	if (model == MODEL_FIRST)
		return 0;
	if (model == MODEL_LAST_NON_DIRECT)
		for (int i = path->touches - 1; i >= 0; i--)
			if (!answer->is_direct[path->channel[i]])
				return i;
	return path->touches - 1;
}

/*
 * What a rule gives each channel of a path's wins: share, by channel, from and back to
 * zeros; seen: the channels, each once. Returns how many.
 */
static int
PathShares(const Answer *answer, Model model, const PathEntry *path, double *share, uint8 *seen)
{
	double		first = 0;
	double		middle = 0;
	double		last = 0;
	int			chosen = ChosenTouch(answer, model, path);
	bool		is_seen[ATTRIBUTION_MOST_CHANNELS] = {false};
	int			channels = 0;

	if (model == MODEL_POSITION)
		PositionShares(&answer->spec->rule, path->touches, &first, &middle, &last);
	for (int i = 0; i < path->touches; i++)
	{
		int			c = path->channel[i];

		if (!is_seen[c])
		{
			is_seen[c] = true;
			seen[channels++] = c;
			share[c] = model == MODEL_PARTICIPATION ? 1 : 0;
		}
		switch (model)
		{
			case MODEL_LINEAR:
				share[c] += 1;
				break;
			case MODEL_POSITION:
				share[c] += i == 0 ? first : i == path->touches - 1 ? last : middle;
				break;
			case MODEL_FIRST:
			case MODEL_LAST:
			case MODEL_LAST_NON_DIRECT:
				share[c] += i == chosen;
				break;
			default:
				break;
		}
	}
	for (int k = 0; k < channels; k++)
	{
		if (model == MODEL_LINEAR)
			share[seen[k]] /= path->touches;
		else if (model == MODEL_SHAPLEY)
			share[seen[k]] = 1.0 / channels;
	}
	return channels;
}

/* The models that look at each path by itself. */
static void
CreditByRule(Answer *answer, Model model)
{
	const AttributionStats *stats = answer->view.stats;
	double		share[ATTRIBUTION_MOST_CHANNELS];
	uint8		seen[ATTRIBUTION_MOST_CHANNELS];

	for (int i = 0; i < stats->paths; i++)
	{
		const PathEntry *path = answer->view.path[i];
		double		won = (double) path->count[OUTCOME_WON];
		double		amount = AmountDouble(PathAmount(path), AmountGroups(stats));
		int			channels;

		CHECK_FOR_INTERRUPTS();
		if (path->touches == 0 || path->count[OUTCOME_WON] == 0)
			continue;
		channels = PathShares(answer, model, path, share, seen);
		for (int k = 0; k < channels; k++)
		{
			Credit	   *credit = &answer->credits[seen[k]];
			double		part = share[seen[k]];

			Add(&credit->credit, won * part);
			Add(&credit->square, won * part * part);
			Add(&credit->amount, amount * part);
			if (part == 1)
				credit->exact += PathAmount(path);
		}
	}
}

/* Time decay: what was added up journey by journey. */
static void
CreditByDecay(Answer *answer)
{
	const AttributionStats *stats = answer->view.stats;

	for (int c = 0; c < stats->channels; c++)
	{
		const ChannelEntry *channel = answer->view.channel[c];

		answer->credits[c].credit.value = ldexp(IntegerSumToDouble(&channel->decay, 0), -DECAY_BITS);
		answer->credits[c].square.value = ldexp(IntegerSumToDouble(&channel->decay_square, 0), -DECAY_BITS);
		answer->credits[c].amount.value = ldexp(IntegerSumToDouble(&channel->decay_amount, AmountGroups(stats)),
												-DECAY_BITS);
	}
}

/* The variance of credit / wins where each win gives its own credit. */
static void
VarianceByWins(Answer *answer)
{
	double		won = (double) answer->totals.count[OUTCOME_WON];

	for (int c = 0; c < answer->view.stats->channels; c++)
	{
		Credit	   *credit = &answer->credits[c];
		double		rate = Total(credit->credit) / won;
		double		square = Total(credit->square);
		double		spread = square - won * rate * rate;

		/* what is only rounding is none */
		credit->variance = spread > 1e-12 * square ? spread / won / won : 0;
	}
}

/* Markov: parts of the effects of leaving a channel out. False for too many states. */
static bool
CreditByChain(Answer *answer, int order)
{
	int			channels = answer->view.stats->channels;
	double		touched = (double) TouchedWon(answer);
	bool		with_variance = channels <= CHAIN_MOST_INTERVALS;
	int			count;
	ChainPath  *paths = ChainPaths(&answer->view, &count);
	Chain		chain;
	ChainEffects effects;
	double		sum = 0;

	if (!ChainBuild(&chain, order, channels, paths, count))
		return false;
	if (touched == 0)
		return true;
	effects = ChainSolve(&chain, paths, count, with_variance,
						 (double) answer->totals.count[OUTCOME_WON], touched);
	for (int c = 0; c < channels; c++)
		sum += effects.effect[c];
	for (int c = 0; c < channels; c++)
	{
		Credit	   *credit = &answer->credits[c];

		credit->credit.value = touched * (effects.effect[c] / sum);
		credit->amount.value = effects.value_effect[c];
		credit->variance = effects.variance ? effects.variance[c] : -1;
	}
	return true;
}

/* Shapley of rates. channels: 1 to SHAPLEY_MOST_CHANNELS. */
static void
CreditByRates(Answer *answer)
{
	const AttributionStats *stats = answer->view.stats;
	int			channels = stats->channels;
	Size		sets = (Size) 1 << channels;
	double	   *part = palloc_extended(sets * sizeof(double), MCXT_ALLOC_HUGE);
	double	   *whole = palloc_extended(sets * sizeof(double), MCXT_ALLOC_HUGE);
	double		result[SHAPLEY_MOST_CHANNELS];
	double		touched_decided = 0;

	for (int of_amount = 0; of_amount < 2; of_amount++)
	{
		memset(part, 0, sets * sizeof(double));
		memset(whole, 0, sets * sizeof(double));
		touched_decided = 0;
		for (int i = 0; i < stats->paths; i++)
		{
			const PathEntry *path = answer->view.path[i];
			double		decided = (double) path->count[OUTCOME_WON] + (double) path->count[OUTCOME_LOST];
			uint32		set = 0;

			CHECK_FOR_INTERRUPTS();
			if (path->touches == 0)
				continue;
			for (int k = 0; k < path->touches; k++)
				set |= (uint32) 1 << path->channel[k];
			whole[set] += decided;
			touched_decided += decided;
			part[set] += of_amount ? AmountDouble(PathAmount(path), AmountGroups(stats)) :
				(double) path->count[OUTCOME_WON];
		}
		ShapleyRates(channels, part, whole, result);
		for (int c = 0; c < channels; c++)
		{
			Credit	   *credit = &answer->credits[c];

			if (of_amount)
				credit->amount.value = result[c] * touched_decided;
			else
				credit->credit.value = result[c] * touched_decided;
			credit->variance = -1;
		}
	}
	pfree(part);
	pfree(whole);
}

/* ------------------------------------------------------------------------- */

/*
 * Shares an amount in units of its last digit by weights whose sum is not 0: each the
 * whole units of its part, then one more for the largest rests, of equal ones the first.
 */
static void
ShareAmount(uint128 total, const double *weight, int count, int128 *units)
{
	double		sum = 0;
	double	   *rest = palloc(count * sizeof(double));
	double		steps = pow(10, Max(0, Min(6, floor(14.5 - log10(Max(1, (double) total))))));
	int128		left = total;
	int128		each;

	for (int i = 0; i < count; i++)
		sum += weight[i];
	for (int i = 0; i < count; i++)
	{
		double		part = sum > 0 ? (double) total * (weight[i] / sum) : 0;
		double		whole = floor(part + 1e-7);

		units[i] = (int128) whole;
		/* as finely as doubles of this size tell, so that equal parts are equal */
		rest[i] = floor((part - whole) * steps + 0.5);
		left -= units[i];
	}
	/* doubles of more than 15 digits leave more than a unit each */
	each = left / count - (left % count < 0 ? 1 : 0);
	if (left < 0 || left >= count)
	{
		for (int i = 0; i < count; i++)
			units[i] += each;
		left -= each * count;
	}
	for (; left > 0; left--)
	{
		int			best = 0;

		for (int i = 1; i < count; i++)
			if (rest[i] > rest[best])
				best = i;
		units[best] += 1;
		rest[best] = -1e300;
	}
	pfree(rest);
}

/* An amount in the state's units, in units of 10^-scale; exact. */
static int128
UnitsOf(const AttributionStats *stats, uint128 amount, int scale)
{
	int			digits = 4 * AmountGroups(stats) - scale;
	int128		factor;
	int128		units = amount;

	PowerOfTen(abs(digits), &factor);
	if (digits >= 0)
		return units / factor;
	if (__builtin_mul_overflow(units, factor, &units))
		AmountTooLong(NULL);
	return units;
}

/* The amount of each channel, in units of 10^-scale. */
static void
ChannelAmounts(const Answer *answer, Model model, int scale, int128 *units)
{
	const AttributionStats *stats = answer->view.stats;
	int			channels = stats->channels;
	double	   *weight;

	if (model == MODEL_FIRST || model == MODEL_LAST || model == MODEL_LAST_NON_DIRECT ||
		model == MODEL_PARTICIPATION)
	{
		for (int c = 0; c < channels; c++)
			units[c] = UnitsOf(stats, answer->credits[c].exact, scale);
		return;
	}
	weight = palloc(Max(1, channels) * sizeof(double));
	for (int c = 0; c < channels; c++)
		weight[c] = Total(answer->credits[c].amount);
	if (channels > 0)
		ShareAmount(UnitsOf(stats, TouchedAmount(answer), scale), weight, channels, units);
	pfree(weight);
}

/* The interval of a credit's part of all wins, on the logit scale. */
static void
PutInterval(RowWriter *out, double rate, double variance)
{
	double		half;
	double		odds;

	if (variance < 0 || !(rate > 0 && rate < 1))
	{
		RowPutNulls(out, 2);
		return;
	}
	half = NormalQuantile(0.975) * sqrt(variance) / (rate * (1 - rate));
	odds = log(rate / (1 - rate));
	RowPutFloat(out, 1 / (1 + exp(half - odds)));
	RowPutFloat(out, 1 / (1 + exp(-half - odds)));
}

/* An amount in units of 10^-scale as a numeric. */
static Numeric
UnitsNumeric(int128 units, int scale)
{
	Decimal		decimal = {units, (scale + 3) / 4, scale};
	int128		factor;

	PowerOfTen(4 * decimal.groups - scale, &factor);
	if (__builtin_mul_overflow(decimal.coefficient, factor, &decimal.coefficient))
		AmountTooLong(NULL);
	return DecimalToNumeric(&decimal);
}

/*
 * One row; channel NULL for wins without a touch. units: its amount, of won_units, in
 * units of 10^-scale.
 */
static void
PutCredit(Answer *answer, Model model, const ChannelEntry *channel, double credit, double variance,
		  int128 units, int128 won_units, int scale)
{
	RowWriter  *out = &answer->out;
	double		won = (double) answer->totals.count[OUTCOME_WON];

	RowPutInt(out, model + 1);
	RowPutText(out, model_names[model]);
	RowPutBytes(out, channel ? channel->name : NULL, channel ? channel->length : -1);
	RowPutFloat(out, credit + 0.0);
	RowPutRate(out, credit + 0.0, won);
	if (won > 0)
		PutInterval(out, credit / won, variance);
	else
		RowPutNulls(out, 2);
	RowPutNumeric(out, UnitsNumeric(units, scale));
	RowPutRate(out, (double) units, (double) won_units);
	RowEnd(out);
}

/* A model's rows; false where it cannot be had of these paths. */
static bool
PutModel(Answer *answer, Model model)
{
	const AttributionStats *stats = answer->view.stats;
	AttributionTotals *totals = &answer->totals;
	int			channels = stats->channels;
	int			scale = Max(stats->scale, LEAST_SCALE);
	int128	   *units = palloc0(Max(1, channels) * sizeof(int128));
	int128		won_units = UnitsOf(stats, totals->won_amount, scale);

	memset(answer->credits, 0, Max(1, channels) * sizeof(Credit));
	switch (model)
	{
		case MODEL_TIME_DECAY:
			CreditByDecay(answer);
			break;
		case MODEL_MARKOV_1:
		case MODEL_MARKOV_2:
			if (!CreditByChain(answer, model == MODEL_MARKOV_1 ? 1 : 2))
				return false;
			break;
		case MODEL_SHAPLEY_RATE:
			if (channels > SHAPLEY_MOST_CHANNELS)
				return false;
			if (channels > 0)
				CreditByRates(answer);
			break;
		default:
			CreditByRule(answer, model);
	}
	if (totals->count[OUTCOME_WON] > 0 && model != MODEL_MARKOV_1 && model != MODEL_MARKOV_2 &&
		model != MODEL_SHAPLEY_RATE && model != MODEL_PARTICIPATION)
		VarianceByWins(answer);
	ChannelAmounts(answer, model, scale, units);
	for (int c = 0; c < channels; c++)
		PutCredit(answer, model, answer->view.channel[c], Total(answer->credits[c].credit),
				  model == MODEL_PARTICIPATION ? -1 : answer->credits[c].variance,
				  units[c], won_units, scale);
	if (totals->no_touch_won > 0)
	{
		double		won = (double) totals->count[OUTCOME_WON];
		double		rate = totals->no_touch_won / won;
		bool		has_interval = model != MODEL_PARTICIPATION && model != MODEL_SHAPLEY_RATE &&
			!((model == MODEL_MARKOV_1 || model == MODEL_MARKOV_2) && channels > CHAIN_MOST_INTERVALS);

		PutCredit(answer, model, NULL, (double) totals->no_touch_won,
				  has_interval ? rate * (1 - rate) / won : -1,
				  UnitsOf(stats, totals->no_touch_amount, scale), won_units, scale);
	}
	pfree(units);
	return true;
}

/* Why a model that was asked for by name is not to be had. */
pg_noreturn static void
ModelImpossible(const Answer *answer, Model model)
{
	if (model == MODEL_TIME_DECAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time_decay needs a half-life"),
				 errdetail("The definition has none: a usual one of 7 days is last touch in disguise for journeys of months."),
				 errhint("Give it in the definition, for example attribution(half_life => '60 days').")));
	if (model == MODEL_SHAPLEY_RATE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("shapley_rate takes at most %d channels", SHAPLEY_MOST_CHANNELS),
				 errdetail("There are %d channels.", answer->view.stats->channels),
				 errhint("Group channels, or use shapley, which takes any number.")));
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("%s has more than %d states", model_names[model], CHAIN_MOST_STATES),
			 errdetail("There are %d channels.", answer->view.stats->channels),
			 errhint("Group channels, or use markov_1.")));
}

/*
 * attribution_rows(attribution_stats, model text) → (model_index, model, channel, credit,
 * credit_rate, _low, _high, amount, amount_rate): one row per model and channel
 */
Datum
attribution_rows(PG_FUNCTION_ARGS)
{
	Answer		answer = {.out = RowsBegin(fcinfo)};
	const char *asked;
	int			model = -1;		/* all */

	CheckSettingIsSet(PG_ARGISNULL(1), "model");
	asked = text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (strcmp(asked, "all") != 0)
	{
		for (model = 0; model < MODELS && strcmp(model_names[model], asked) != 0;)
			model++;
		if (model == MODELS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown model \"%s\"", asked),
					 errhint("Models are first, last, last_non_direct, linear, position, time_decay, participation, markov_1, markov_2, shapley, shapley_rate, and all.")));
	}
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	answer.view = AttributionOpen(PG_GETARG_DATUM(0));
	answer.totals = AttributionSum(&answer.view);
	answer.spec = AttributionSpecCreate(AttributionStatsDef(answer.view.stats), false, CurrentMemoryContext);
	answer.credits = palloc(Max(1, answer.view.stats->channels) * sizeof(Credit));
	answer.is_direct = palloc(Max(1, answer.view.stats->channels) * sizeof(bool));
	for (int c = 0; c < answer.view.stats->channels; c++)
		answer.is_direct[c] = JourneyIsDirect(&answer.spec->rule, answer.view.channel[c]->name,
											  answer.view.channel[c]->length);
	for (int m = 0; m < MODELS; m++)
	{
		if (model >= 0 && m != model)
			continue;
		if ((m == MODEL_TIME_DECAY && answer.spec->rule.half_life == 0) ||
			!PutModel(&answer, (Model) m))
		{
			if (model >= 0)
				ModelImpossible(&answer, (Model) m);
		}
	}
	return (Datum) 0;
}
