/*
 * rfm_build.c
 *		Customers on their way to an rfm_stats: see rfm_stats.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "rfm/rfm_stats.h"

#define BATCH_TEXT_BYTES 8192

/* As users read and write them; a kind is its place here. */
const char *const rfm_key_names[RFM_KEY_KINDS] = {"bigint", "uuid", "text"};

/* Puts an amount aside that does not fit into a customer's sum. */
static void
AddWide(RfmBuild *build, RfmCustomer *customer, Numeric more)
{
	MemoryContext old = MemoryContextSwitchTo(build->context);
	Numeric    *place;
	Numeric		before;

	if (customer->wide == 0)
	{
		if (build->wide_count == build->wide_room)
		{
			build->wide_room = Max(8, build->wide_room * 2);
			build->wide = build->wide == NULL ? palloc(build->wide_room * sizeof(Numeric)) :
				repalloc_huge(build->wide, build->wide_room * sizeof(Numeric));
		}
		build->wide[build->wide_count++] = NumericZero();
		customer->wide = build->wide_count;
	}
	place = &build->wide[customer->wide - 1];
	before = *place;
	*place = NumericAdd(before, more);
	pfree(before);
	MemoryContextSwitchTo(old);
}

static void
TakeOverflow(void *owner, RfmCustomer *customer, const Decimal *more)
{
	Numeric		amount = DecimalToNumeric(more);

	AddWide(owner, customer, amount);
	pfree(amount);				/* a batch is added up in the memory of all customers */
}

static void
RefuseTooMany(void *owner)
{
	int64		orders = PG_INT64_MAX;

	CountAdd(&orders, 1, "orders of one customer");
}

/*
 * Nothing yet. time_zone is copied; the day as_of is finite, and may lie where times
 * do not reach.
 */
RfmBuild *
RfmBuildCreate(MemoryContext context, RfmKeyKind kind, DateADT as_of, const char *time_zone)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	RfmBuild   *build = palloc0(sizeof(RfmBuild));
	int64		days = as_of;

	build->context = context;
	build->as_of = as_of;
	build->time_zone = pstrdup(time_zone);
	/* no zone is a day away from UTC */
	if (strcmp(time_zone, "UTC") == 0)
		days++;
	build->before = days > PG_INT64_MAX / USECS_PER_DAY ? PG_INT64_MAX : days * USECS_PER_DAY;
	if (kind == RFM_KEY_TEXT)
		build->texts = palloc(BATCH_TEXT_BYTES);
	RfmFoldInit(&build->fold, kind);
	build->fold.overflow = TakeOverflow;
	build->fold.too_many = RefuseTooMany;
	build->fold.owner = build;
	MemoryContextSwitchTo(old);
	return build;
}

/* Bytes of a value before its numerics. */
static inline Size
HeadSize(const RfmBuild *build)
{
	return sizeof(RfmStats) + MAXALIGN(strlen(build->time_zone) + 1) +
		((Size) build->fold.count + build->has_nobody) * sizeof(RfmStored);
}

static void
CheckSize(Size size)
{
	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one rfm_stats would need %zu bytes, more than the %zu that a value can have",
						size, (Size) MaxAllocSize),
				 errdetail("It takes %zu bytes per customer, and the texts of text keys.", sizeof(RfmStored)),
				 errhint("Fold each customer's orders with order_agg, learn the cuts with rfm_model_agg, and score by rfm_model_score.")));
}

static void
Flush(RfmBuild *build)
{
	MemoryContext old = MemoryContextSwitchTo(build->context);

	RfmFoldFlush(&build->fold);
	MemoryContextSwitchTo(old);
	build->texts_used = 0;
	CheckSize(HeadSize(build) + build->fold.text_bytes);
}

/* Where the next order goes. */
RfmCustomer *
RfmBuildNext(RfmBuild *build)
{
	if (build->fold.pending == RFM_BATCH)
		Flush(build);
	return RfmFoldNext(&build->fold);
}

/*
 * The text key of an order that RfmBuildNext has just given, a copy: the batch
 * outlives the row.
 */
void
RfmBuildText(RfmBuild *build, RfmCustomer *order, const char *bytes, int length)
{
	Size		size = MAXALIGN(offsetof(RfmText, bytes) + length);
	RfmText    *text;

	order->key = RfmTextHash(bytes, length);
	if (size > BATCH_TEXT_BYTES - build->texts_used)
	{
		/* those before it leave the batch, and it is the first */
		RfmCustomer *first = build->fold.batch;

		build->fold.pending--;
		Flush(build);
		*first = *order;
		build->fold.pending = 1;
		order = first;
	}
	if (size > BATCH_TEXT_BYTES)
	{
		RfmCustomer whole = *order;

		/* a long one goes without the batch */
		build->fold.pending = 0;
		text = palloc(size);
		text->length = length;
		memcpy(text->bytes, bytes, length);
		whole.rest.text = text;
		RfmBuildAdd(build, RfmBuildFind(build, &whole), &whole, NULL);
		pfree(text);
		return;
	}
	text = (RfmText *) (build->texts + build->texts_used);
	build->texts_used += size;
	text->length = length;
	memcpy(text->bytes, bytes, length);
	order->rest.text = text;
}

/* The customer of a key, a new one where there is none. */
RfmCustomer *
RfmBuildFind(RfmBuild *build, const RfmCustomer *like)
{
	MemoryContext old = MemoryContextSwitchTo(build->context);
	RfmCustomer *customer = RfmFoldFind(&build->fold, like);

	MemoryContextSwitchTo(old);
	build->texts_used = 0;
	CheckSize(HeadSize(build) + build->fold.text_bytes);
	return customer;
}

/* Adds orders to a customer, and an amount that no sum takes (NULL for none). */
void
RfmBuildAdd(RfmBuild *build, RfmCustomer *customer, const RfmCustomer *more, Numeric wide)
{
	RfmFoldAdd(&build->fold, customer, more);
	if (wide != NULL)
		AddWide(build, customer, wide);
}

/* Adds the customers of a value; those that are there already get its orders, too. */
void
RfmBuildMerge(RfmBuild *build, const RfmStats *stats, const char *aggregate)
{
	if (stats->as_of != build->as_of || strcmp(RfmStatsZone(stats), build->time_zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s got different as_of or time zones in one group", aggregate),
				 errdetail("One is %s (%s), another %s (%s).", DateText(build->as_of), build->time_zone,
						   DateText(stats->as_of), RfmStatsZone(stats)),
				 errhint("Group by as_of too; what is kept for later days is order_state.")));
	if (stats->kind != (int32) build->fold.kind)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s got customers of different types in one group", aggregate),
				 errdetail("Some are %s, others %s.", rfm_key_names[build->fold.kind],
						   rfm_key_names[stats->kind]),
				 errhint("Give rfm_agg the customer as one type, for example as text.")));
	for (int i = 0; i < stats->customers; i++)
	{
		const RfmStored *stored = &RfmStatsCustomers(stats)[i];
		bool		is_wide = stored->total.groups < 0;
		RfmCustomer more = {.key = stored->key, .rest.half = stored->half,
		.last_at = stored->last_at, .orders = stored->orders};

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (!is_wide)
			more.total = stored->total;
		if (stats->kind == RFM_KEY_TEXT && !RfmStatsIsNobody(stats, i))
		{
			const RfmText *text = RfmStatsText(stats, stored);

			more.key = RfmTextHash(text->bytes, text->length);
			more.rest.text = text;
		}
		if (RfmStatsIsNobody(stats, i))
		{
			build->has_nobody = true;
			RfmBuildAdd(build, &build->nobody, &more, is_wide ? RfmStoredTotal(stats, stored) : NULL);
		}
		else if (is_wide)
			RfmBuildAdd(build, RfmBuildFind(build, &more), &more, RfmStoredTotal(stats, stored));
		else
			*RfmBuildNext(build) = more;
	}
	Flush(build);				/* the texts are the value's */
}

/*
 * A customer's total in the form it has however it came about: a sum, or where 128
 * bits do not hold it a numeric, which is returned.
 */
static Numeric
CanonicalTotal(const RfmBuild *build, const RfmCustomer *customer, DecimalSum *total)
{
	Decimal		sum;
	Numeric		whole;

	*total = customer->total;
	if (customer->wide == 0)
	{
		DecimalSumNormalize(total);
		return NULL;
	}
	sum = DecimalSumValue(total);
	whole = NumericAdd(DecimalToNumeric(&sum), build->wide[customer->wide - 1]);
	memset(total, 0, sizeof(*total));
	if (!DecimalFromNumeric((struct varlena *) whole, &sum))
	{
		total->groups = -1;
		return whole;
	}
	DecimalSumAdd(total, &sum);
	return NULL;
}

/*
 * The value, in the current context; what is built goes on. in_order: with customers
 * by key, as values have them; else as they came, to be merged at once.
 */
RfmStats *
RfmBuildStats(RfmBuild *build, bool in_order)
{
	RfmFold    *fold = &build->fold;
	int			count;
	RfmCustomer **sorted;
	Numeric    *wide;
	Size		zone_size = MAXALIGN(strlen(build->time_zone) + 1);
	Size		wide_size = 0;
	Size		text_size = 0;
	Size		size;
	RfmStats   *stats;
	RfmStored  *stored;
	char	   *wide_at;
	char	   *text_at;

	Flush(build);
	count = fold->count + build->has_nobody;
	sorted = in_order ? RfmFoldSorted(fold) : NULL;
#define CUSTOMER(i) \
	((i) == (int) fold->count ? &build->nobody : sorted != NULL ? sorted[i] : RfmFoldAt(fold, i))

	/* totals of more than 128 bits are few, if any */
	wide = build->wide_count > 0 ? palloc0(build->wide_count * sizeof(Numeric)) : NULL;
	for (int i = 0; i < count && (fold->kind == RFM_KEY_TEXT || wide != NULL); i++)
	{
		const RfmCustomer *customer = CUSTOMER(i);
		DecimalSum	total;

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (fold->kind == RFM_KEY_TEXT && i < (int) fold->count)
			text_size += MAXALIGN(offsetof(RfmText, bytes) + customer->rest.text->length);
		if (customer->wide != 0)
		{
			Numeric		whole = CanonicalTotal(build, customer, &total);

			wide[customer->wide - 1] = whole;
			wide_size += whole == NULL ? 0 : MAXALIGN(VARSIZE(whole));
		}
	}

	size = HeadSize(build) + wide_size + text_size;
	CheckSize(size);
	stats = palloc(size);
	memset(stats, 0, sizeof(RfmStats) + zone_size);
	SET_VARSIZE(stats, size);
	stats->header.version = RFM_STATS_VERSION;
	stats->header.flags = build->has_nobody ? RFM_STATS_NOBODY : 0;
	stats->kind = fold->kind;
	stats->as_of = build->as_of;
	stats->customers = count;
	stats->zone_size = zone_size;
	stats->wide_size = wide_size;
	stats->text_size = text_size;
	strcpy((char *) (stats + 1), build->time_zone);
	stored = RfmStatsCustomers(stats);
	wide_at = RfmStatsWide(stats);
	text_at = wide_at + wide_size;
	memset(wide_at, 0, wide_size + text_size);
	for (int i = 0; i < count; i++)
	{
		const RfmCustomer *customer = CUSTOMER(i);
		Numeric		whole;

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (sorted != NULL && i + 16 < (int) fold->count)
			__builtin_prefetch(sorted[i + 16]);
		stored[i].key = customer->key;
		stored[i].half = fold->kind == RFM_KEY_UUID ? customer->rest.half : 0;
		stored[i].orders = customer->orders;
		stored[i].last_at = customer->orders > 0 ? customer->last_at : 0;
		CanonicalTotal(build, customer, &stored[i].total);
		if (customer->wide != 0 && (whole = wide[customer->wide - 1]) != NULL)
		{
			stored[i].total.low = wide_at - RfmStatsWide(stats);
			memcpy(wide_at, whole, VARSIZE(whole));
			wide_at += MAXALIGN(VARSIZE(whole));
		}
		if (fold->kind == RFM_KEY_TEXT && i < (int) fold->count)
		{
			Size		used = offsetof(RfmText, bytes) + customer->rest.text->length;

			stored[i].key = text_at - (RfmStatsWide(stats) + wide_size);
			memcpy(text_at, customer->rest.text, used);
			text_at += MAXALIGN(used);
		}
	}
#undef CUSTOMER
	if (sorted != NULL)
		pfree(sorted);
	return stats;
}
