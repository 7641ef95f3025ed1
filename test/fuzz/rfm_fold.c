/*
 * rfm_fold.c
 *		Orders folded by customer, against a list that is searched from its start.
 */
#include "fuzz.h"

#include "big.h"
#include "rfm/rfm_fold.h"

#define MOST_ORDERS 3000

/* A customer as brute force has it. */
typedef struct Plain
{
	uint64		key;
	uint64		half;
	const RfmText *text;
	int64		last_at;
	int64		orders;
	int			scale;
	Big			total;			/* times 10^36 */
} Plain;

/* What sums did not take, by customer. */
typedef struct Aside
{
	int			count;
	Big			amounts[MOST_ORDERS];
} Aside;

static Big
Units(const Decimal *amount)
{
	return BigMultiply(BigOf(amount->coefficient), BigTen(4 * (DECIMAL_MOST_GROUPS - amount->groups)));
}

static void
TakeAside(void *owner, RfmCustomer *customer, const Decimal *more)
{
	Aside	   *aside = owner;

	if (customer->wide == 0)
	{
		aside->amounts[aside->count++] = BigOf(0);
		customer->wide = aside->count;
	}
	aside->amounts[customer->wide - 1] = BigAdd(aside->amounts[customer->wide - 1], Units(more));
}

/* Texts share beginnings and, by a poor hash, slots and tags. */
static const RfmText *
DrawText(int number)
{
	int			length = number % 11;
	RfmText    *text = palloc(offsetof(RfmText, bytes) + length);

	text->length = length;
	memset(text->bytes, 'a', length);
	if (length > 0)
		text->bytes[length - 1] = 'a' + number / 11 % 26;
	return text;
}

static bool
IsSame(RfmKeyKind kind, const Plain *plain, const RfmCustomer *order)
{
	if (kind == RFM_KEY_TEXT)
		return plain->text->length == order->rest.text->length &&
			memcmp(plain->text->bytes, order->rest.text->bytes, plain->text->length) == 0;
	return plain->key == order->key && plain->half == order->rest.half;
}

static int
ComparePlain(const Plain *left, const Plain *right, RfmKeyKind kind)
{
	if (kind == RFM_KEY_BIGINT)
		return (int64) left->key < (int64) right->key ? -1 : (int64) left->key > (int64) right->key;
	if (kind == RFM_KEY_UUID)
		return left->key != right->key ? (left->key < right->key ? -1 : 1) :
			left->half < right->half ? -1 : left->half > right->half;
	for (int i = 0; i < left->text->length && i < right->text->length; i++)
		if (left->text->bytes[i] != right->text->bytes[i])
			return (unsigned char) left->text->bytes[i] - (unsigned char) right->text->bytes[i];
	return left->text->length - right->text->length;
}

static void
DrawOrder(RfmKeyKind kind, int customers, bool is_huge, RfmCustomer *order)
{
	int			number = RandomBelow(customers);
	Decimal		amount = {0};

	memset(order, 0, sizeof(*order));
	if (kind == RFM_KEY_TEXT)
	{
		order->rest.text = DrawText(number);
		order->key = (uint64) (order->rest.text->length % 3) << 32 | 7;
	}
	else
	{
		order->key = (uint64) (number - customers / 2) * UINT64CONST(0x100000001);
		if (kind == RFM_KEY_UUID)
		{
			order->key = number % 7;
			order->rest.half = number;
		}
	}
	order->last_at = RandomBetween(-1000, 1000);
	order->orders = Chance(80) ? 1 : Chance(50) ? 0 : RandomBelow(1000);
	amount.coefficient = RandomBetween(-10000, 1000000);
	if (is_huge && Chance(30))
		amount.coefficient = (int128) RandomBits() << RandomBelow(63);
	amount.groups = Chance(70) ? 1 : RandomBelow(5);
	amount.scale = 4 * amount.groups - RandomBelow(4 * amount.groups + 1);
	DecimalSumAdd(&order->total, &amount);
}

void
RfmFoldCase(void)
{
	RfmKeyKind	kind = RandomBelow(RFM_KEY_KINDS);
	int			customers = Chance(50) ? RandomBetween(1, 20) : RandomBetween(1, 800);
	int			count = Chance(20) ? RandomBetween(1, MOST_ORDERS) : RandomBetween(1, 300);
	bool		is_huge = Chance(20);
	Plain	   *plain = palloc(count * sizeof(Plain));
	int			plain_count = 0;
	RfmFold    *fold = palloc0(sizeof(RfmFold));
	Aside	   *aside = palloc0(sizeof(Aside));
	RfmCustomer **sorted;

	Note("%d orders of %d customers, key kind %d%s\n", count, customers, kind, is_huge ? ", huge" : "");
	RfmFoldInit(fold, kind);
	fold->overflow = TakeAside;
	fold->owner = aside;
	for (int i = 0; i < count; i++)
	{
		RfmCustomer order;
		Decimal		amount;
		int			at = 0;

		DrawOrder(kind, customers, is_huge, &order);
		if (Chance(2))
			RfmFoldAdd(fold, RfmFoldFind(fold, &order), &order);
		else
		{
			if (fold->pending == RFM_BATCH || Chance(1))
				RfmFoldFlush(fold);
			*RfmFoldNext(fold) = order;
		}

		while (at < plain_count && !IsSame(kind, &plain[at], &order))
			at++;
		if (at == plain_count)
		{
			memset(&plain[at], 0, sizeof(Plain));
			plain[at].key = order.key;
			plain[at].half = kind == RFM_KEY_TEXT ? 0 : order.rest.half;
			plain[at].text = kind == RFM_KEY_TEXT ? order.rest.text : NULL;
			plain[at].last_at = PG_INT64_MIN;
			plain[at].total = BigOf(0);
			plain_count++;
		}
		if (order.orders > 0)
			plain[at].last_at = Max(plain[at].last_at, order.last_at);
		plain[at].orders += order.orders;
		amount = DecimalSumValue(&order.total);
		plain[at].total = BigAdd(plain[at].total, Units(&amount));
		plain[at].scale = Max(plain[at].scale, amount.scale);
	}
	RfmFoldFlush(fold);
	EXPECT(fold->count == plain_count, "%u customers, not %d", fold->count, plain_count);

	sorted = RfmFoldSorted(fold);
	for (int i = 0; i < plain_count; i++)
	{
		const RfmCustomer *folded;
		Decimal		total;
		Big			whole;

		/* the least of those that are left */
		for (int k = i + 1; k < plain_count; k++)
			if (ComparePlain(&plain[k], &plain[i], kind) < 0)
			{
				Plain		swapped = plain[i];

				plain[i] = plain[k];
				plain[k] = swapped;
			}
		folded = sorted[i];
		EXPECT(IsSame(kind, &plain[i], folded), "customer %d is another one", i);
		EXPECT(folded->orders == plain[i].orders, "customer %d has " INT64_FORMAT " orders, not " INT64_FORMAT,
			   i, folded->orders, plain[i].orders);
		EXPECT(folded->orders == 0 || folded->last_at == plain[i].last_at, "customer %d ordered last at "
			   INT64_FORMAT ", not " INT64_FORMAT, i, folded->last_at, plain[i].last_at);
		EXPECT(folded->total.scale == plain[i].scale || folded->wide != 0, "customer %d has scale %d, not %d",
			   i, folded->total.scale, plain[i].scale);
		total = DecimalSumValue(&folded->total);
		whole = Units(&total);
		if (folded->wide != 0)
			whole = BigAdd(whole, aside->amounts[folded->wide - 1]);
		EXPECT(BigCompare(whole, plain[i].total) == 0, "customer %d has another total", i);
	}
}
