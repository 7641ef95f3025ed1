/*
 * rfm_population.c
 *		rfm_population: what rfm_model_agg gathers before it learns a model, the
 *		measures of all customers.
 *
 * A type of its own although nobody else has a use for it: as a bytea it could
 * come from anywhere, and the functions here would have to trust its bytes.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "rfm/rfm.h"
#include "base/wire.h"

#define RFM_POPULATION_VERSION 1
#define FIRST_CAPACITY 64		/* customers in a new state */

PG_FUNCTION_INFO_V1(rfm_population_in);
PG_FUNCTION_INFO_V1(rfm_population_out);
PG_FUNCTION_INFO_V1(rfm_population_recv);
PG_FUNCTION_INFO_V1(rfm_population_send);
PG_FUNCTION_INFO_V1(rfm_population_add);
PG_FUNCTION_INFO_V1(rfm_population_combine);
PG_FUNCTION_INFO_V1(rfm_population_model);

/* One customer's measures, finite, recency as minus the days. */
typedef struct RfmMeasures
{
	double		measures[RFM_DIMENSIONS];
} RfmMeasures;

typedef struct RfmPopulation
{
	StateHeader header;
	int32		bins;
	int32		method;
	int64		count;			/* at least 1 once a row is added */
	RfmMeasures customers[FLEXIBLE_ARRAY_MEMBER];
} RfmPopulation;

static int
CompareCustomers(const RfmMeasures *left, const RfmMeasures *right)
{
	for (int d = 0; d < RFM_DIMENSIONS; d++)
		if (left->measures[d] != right->measures[d])
			return left->measures[d] < right->measures[d] ? -1 : 1;
	return 0;
}

#define ST_SORT SortCustomers
#define ST_ELEMENT_TYPE RfmMeasures
#define ST_COMPARE(a, b) CompareCustomers(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static inline Size
PopulationSize(int64 count)
{
	return offsetof(RfmPopulation, customers) + count * sizeof(RfmMeasures);
}

static RfmPopulation *
PopulationCreate(RfmScheme scheme)
{
	RfmPopulation *population = StateCreate(PopulationSize(FIRST_CAPACITY),
											RFM_POPULATION_VERSION);

	population->bins = scheme.bins;
	population->method = scheme.method;
	return population;
}

static RfmScheme
PopulationScheme(const RfmPopulation *population)
{
	RfmScheme	scheme = {population->bins, (RfmMethod) population->method};

	return scheme;
}

/* Adds customers; returns the state, or a larger one in the current context. */
static RfmPopulation *
PopulationAppend(RfmPopulation *population, const RfmMeasures *customers, int64 count)
{
	Size		used = PopulationSize(population->count);

	population = StateReserve(population, used, count * sizeof(RfmMeasures), "rfm_population");
	memcpy((char *) population + used, customers, count * sizeof(RfmMeasures));
	population->count += count;
	return population;
}

static RfmPopulation *
PopulationFromDatum(Datum value)
{
	return StateFromDatum(value, RFM_POPULATION_VERSION, PopulationSize(0), "rfm_population");
}

/* A population that was read in, in order and without spare room. */
static RfmPopulation *
PopulationFinish(RfmPopulation *population)
{
	SortCustomers(population->customers, population->count);
	return StateTrim(population, PopulationSize(population->count));
}

/* The customers in order, so that equal populations read the same: a copy. */
static RfmMeasures *
PopulationSorted(const RfmPopulation *population)
{
	RfmMeasures *customers = palloc_extended(population->count * sizeof(RfmMeasures),
											 MCXT_ALLOC_HUGE);

	memcpy(customers, population->customers, population->count * sizeof(RfmMeasures));
	SortCustomers(customers, population->count);
	return customers;
}

/*
 * rfm_population_in(cstring): {"bins": 5, "method": "quantile", "customers":
 * [[30, 4, 999.5], …]}, each [days, frequency, monetary]
 */
Datum
rfm_population_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"bins", "method", "customers"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "rfm_population");
	JsonNode   *list;
	RfmPopulation *population;
	int64		bins;

	JsonAllowKeys(root, keys, lengthof(keys));
	bins = JsonGetInt(JsonRequire(root, "bins"), RFM_LEAST_BINS, RFM_MOST_BINS);
	population = PopulationCreate(RfmSchemeCheck((int) bins,
												 cstring_to_text(JsonGetText(JsonRequire(root, "method")))));
	list = JsonRequire(root, "customers");
	JsonExpect(list, JSON_KIND_ARRAY);
	if (list->count == 0)
		JsonInvalid(list, NULL, "It has no customers.");
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		RfmMeasures customer;

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count != RFM_DIMENSIONS)
			JsonInvalid(node, "A customer is [recency_days, frequency, monetary].",
						"The array has %d items.", node->count);
		for (int d = 0; d < RFM_DIMENSIONS; d++)
			customer.measures[d] = JsonGetFloat(node->items[d]);
		customer.measures[0] = 0.0 - customer.measures[0];
		population = PopulationAppend(population, &customer, 1);
	}
	PG_RETURN_POINTER(PopulationFinish(population));
}

/* rfm_population_out(rfm_population): the same text for equal populations */
Datum
rfm_population_out(PG_FUNCTION_ARGS)
{
	RfmPopulation *population = PopulationFromDatum(PG_GETARG_DATUM(0));
	RfmMeasures *customers = PopulationSorted(population);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "{\"bins\": %d, \"method\": \"%s\", \"customers\": [",
					 population->bins, rfm_method_names[population->method]);
	for (int64 i = 0; i < population->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "[" : ", [");
		for (int d = 0; d < RFM_DIMENSIONS; d++)
		{
			double		value = customers[i].measures[d];

			if (d > 0)
				appendStringInfoString(&text, ", ");
			JsonPutFloat(&text, d == 0 ? 0.0 - value : value);
		}
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
rfm_population_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), RFM_POPULATION_VERSION,
									   "rfm_population");
	RfmScheme	scheme;
	int			count;
	RfmPopulation *population;

	scheme.bins = WireGetInt(&reader);
	scheme.method = WireGetByte(&reader);
	if (scheme.bins < RFM_LEAST_BINS || scheme.bins > RFM_MOST_BINS || scheme.method >= RFM_METHODS ||
		(scheme.method == RFM_MEAN && scheme.bins != 2))
		WireCorrupt(&reader, "It has %d bins by method %d.", scheme.bins, (int) scheme.method);
	count = WireGetCount(&reader, "customers", MaxAllocSize / sizeof(RfmMeasures), sizeof(RfmMeasures));
	if (count == 0)
		WireCorrupt(&reader, "It has no customers.");
	population = PopulationCreate(scheme);
	for (int i = 0; i < count; i++)
	{
		RfmMeasures customer;

		CHECK_FOR_INTERRUPTS();
		for (int d = 0; d < RFM_DIMENSIONS; d++)
			customer.measures[d] = CheckFiniteFloat(WireGetFloat(&reader), rfm_measure_names[d]);
		population = PopulationAppend(population, &customer, 1);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(PopulationFinish(population));
}

Datum
rfm_population_send(PG_FUNCTION_ARGS)
{
	RfmPopulation *population = PopulationFromDatum(PG_GETARG_DATUM(0));
	RfmMeasures *customers = PopulationSorted(population);
	StringInfoData buffer;

	WireBeginSend(&buffer, RFM_POPULATION_VERSION);
	WirePutInt(&buffer, population->bins);
	WirePutByte(&buffer, population->method);
	WirePutInt(&buffer, population->count);
	for (int64 i = 0; i < population->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int d = 0; d < RFM_DIMENSIONS; d++)
			WirePutFloat(&buffer, customers[i].measures[d]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * rfm_population_add(rfm_population, recency_days, frequency, monetary float8,
 * bins int [, method text]): a row with a NULL measure takes no part.
 */
Datum
rfm_population_add(PG_FUNCTION_ARGS)
{
	RfmPopulation *population;
	RfmMeasures customer;
	RfmScheme	scheme;

	AggregateContext(fcinfo, "rfm_model_agg");
	population = PG_ARGISNULL(0) ? NULL : PG_GETARG_STATE_IN_PLACE(0);
	CheckSettingIsSet(PG_ARGISNULL(4), "bins");
	CheckSettingIsSet(PG_NARGS() > 5 && PG_ARGISNULL(5), "method");
	scheme = RfmSchemeCheck(PG_GETARG_INT32(4), PG_NARGS() > 5 ? PG_GETARG_TEXT_PP(5) : NULL);
	if (population != NULL)
		RfmSchemeCheckSame(PopulationScheme(population), scheme);

	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		if (PG_ARGISNULL(d + 1))
		{
			if (population == NULL)
				PG_RETURN_NULL();
			PG_RETURN_POINTER(population);
		}
		customer.measures[d] = CheckFiniteFloat(PG_GETARG_FLOAT8(d + 1), rfm_measure_names[d]);
	}
	customer.measures[0] = 0.0 - customer.measures[0];
	if (population == NULL)
		population = PopulationCreate(scheme);
	PG_RETURN_POINTER(PopulationAppend(population, &customer, 1));
}

/*
 * rfm_population_combine(rfm_population, rfm_population): either may be NULL. The
 * result is the first, changed in place, or a new one.
 */
Datum
rfm_population_combine(PG_FUNCTION_ARGS)
{
	RfmPopulation *population;
	RfmPopulation *other;

	AggregateContext(fcinfo, "rfm_model_agg");
	population = PG_ARGISNULL(0) ? NULL : PG_GETARG_STATE_IN_PLACE(0);
	if (PG_ARGISNULL(1))
	{
		if (population == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(population);
	}
	other = PopulationFromDatum(PG_GETARG_DATUM(1));
	if (population == NULL)
		population = PopulationCreate(PopulationScheme(other));
	else
		RfmSchemeCheckSame(PopulationScheme(population), PopulationScheme(other));
	PG_RETURN_POINTER(PopulationAppend(population, other->customers, other->count));
}

/* rfm_population_model(rfm_population) → rfm_model: leaves the population as it is */
Datum
rfm_population_model(PG_FUNCTION_ARGS)
{
	RfmPopulation *population = PopulationFromDatum(PG_GETARG_DATUM(0));
	RfmScheme	scheme = PopulationScheme(population);
	RfmModel   *model;
	int			cut_counts[RFM_DIMENSIONS];
	double	   *values;

	for (int d = 0; d < RFM_DIMENSIONS; d++)
		cut_counts[d] = scheme.bins - 1;
	model = RfmModelCreate(cut_counts);
	values = palloc_extended(population->count * sizeof(double), MCXT_ALLOC_HUGE);
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		for (int64 i = 0; i < population->count; i++)
		{
			CHECK_FOR_INTERRUPTS();
			values[i] = population->customers[i].measures[d];
		}
		RfmLearnCuts(values, population->count, scheme, RfmModelCuts(model, d));
	}
	pfree(values);
	PG_RETURN_POINTER(model);
}
