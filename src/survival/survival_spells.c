/*
 * survival_spells.c
 *		A multiset of spells as a flat value: see survival_spells.h.
 *
 * Rows are appended. When the room is used up, the new ones are sorted and
 * merged into the sorted ones before them, equal ones counted together; the
 * state grows only as far as different spells need. Durations in whole days
 * repeat, so millions of rows stay a few thousand spells; those then stand in a
 * dense table, where a row finds its spell without a search. The order in which
 * rows came is lost on purpose: no answer depends on it.
 */
#include "postgres.h"

#include <float.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/compat.h"
#include "survival/survival_spells.h"

#define FIRST_SPELLS	8		/* room in a new state */
#define LEAST_DENSE		32		/* spells for which a table is made */
#define MOST_DENSE_BYTES 16		/* of it, for each spell that it stands for */

/* The one total order: by duration, then entry, then ending. */
static inline int
CompareSpells(const Spell *left, const Spell *right)
{
	if (left->duration < right->duration)
		return -1;
	if (left->duration > right->duration)
		return 1;
	if (left->entry != right->entry)
		return left->entry < right->entry ? -1 : 1;
	return (int) left->cause - (int) right->cause;
}

#define ST_SORT SortSpells
#define ST_ELEMENT_TYPE Spell
#define ST_COMPARE(a, b) CompareSpells(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Bytes up to the end of the spells. */
static inline Size
UsedSize(const SpellState *state)
{
	return (char *) (SpellStateSpells(state) + state->spells) - (char *) state;
}

/* Spells that fit into the value as it is. */
static inline int64
Room(const SpellState *state)
{
	return ((char *) state + VARSIZE(state) - (char *) SpellStateSpells(state)) / sizeof(Spell);
}

/* An empty state with a little room. */
SpellState *
SpellStateCreate(uint16 version)
{
	return StateCreate(sizeof(SpellState) + FIRST_SPELLS * sizeof(Spell), version);
}

/*
 * Puts a spell at the end of sorted ones, or counts it with the last. The sum
 * of counts was checked when they came.
 */
static inline int
PutSorted(Spell *spells, int count, const Spell *spell)
{
	if (count > 0 && CompareSpells(&spells[count - 1], spell) == 0)
		spells[count - 1].count += spell->count;
	else
		spells[count++] = *spell;
	return count;
}

/*
 * Up to which whole number, exclusive, a table of `causes` for each duration takes
 * less room than the spells that it stands for; 0 for none. spells: sorted, all
 * different. below: how many of them those are.
 */
static int
DenseDurations(const Spell *spells, int count, int causes, int *below)
{
	int			dense = 0;

	*below = 0;
	for (int i = 0; i < count; i++)
	{
		int			durations;

		CHECK_FOR_INTERRUPTS();
		if (spells[i].entry != 0 || spells[i].duration >= PG_UINT16_MAX ||
			spells[i].count > PG_UINT32_MAX)
			break;
		durations = (int) spells[i].duration + 1;
		if (durations - 1 != spells[i].duration)
			break;
		/* all spells of a duration, or none: the others are sorted behind the table */
		if ((i + 1 == count || spells[i + 1].duration > spells[i].duration) &&
			(Size) durations * causes * sizeof(uint32) <= (Size) (i + 1) * MOST_DENSE_BYTES)
		{
			dense = durations;
			*below = i + 1;
		}
	}
	return dense;
}

/* The place of a row in the table, NULL where it has none. */
static inline uint32 *
FindDense(const SpellState *state, const Spell *spell)
{
	int			duration;

	if (!(spell->duration < state->dense_durations) || spell->entry != 0 ||
		spell->cause >= state->dense_causes)
		return NULL;
	duration = (int) spell->duration;
	if (duration != spell->duration)
		return NULL;
	return &SpellStateDense(state)[duration * state->dense_causes + spell->cause];
}

/*
 * A sorted state with a table and room for `extra` more spells, in the current
 * context; as it is where a table does not pay. Frees what it replaces.
 */
static SpellState *
MakeDense(SpellState *state, int64 extra)
{
	const Spell *spells = SpellStateSpells(state);
	int			causes = Max(SPELL_EVENT, state->causes) + 1;
	int			below;
	int			durations = DenseDurations(spells, state->spells, causes, &below);
	SpellState	head = *state;
	Size		size;
	SpellState *dense;

	if (state->spells < LEAST_DENSE || below < state->spells / 2)
		return state;
	head.dense_durations = durations;
	head.dense_causes = causes;
	head.spells = head.sorted = state->spells - below;
	size = sizeof(SpellState) + state->names_room + SpellStateDenseSize(&head) +
		(head.spells + Max(extra, state->spells / 2)) * sizeof(Spell);
	if (size > MaxAllocSize)
		return state;
	dense = palloc0(size);
	memcpy(dense, state, sizeof(SpellState) + state->names_room);
	*dense = head;
	SET_VARSIZE(dense, size);
	for (int i = 0; i < below; i++)
		*FindDense(dense, &spells[i]) = spells[i].count;
	memcpy(SpellStateSpells(dense), spells + below, head.spells * sizeof(Spell));
	pfree(state);
	return dense;
}

/* The sorted spells, with those of a table: in the state, or a copy. */
static Spell *
SortedSpells(const SpellState *state, int *count)
{
	int			slots = state->dense_durations * state->dense_causes;
	const uint32 *dense = SpellStateDense(state);
	Spell	   *spells;

	*count = state->sorted;
	if (slots == 0)
		return SpellStateSpells(state);
	spells = palloc_extended((Size) (slots + state->sorted) * sizeof(Spell), MCXT_ALLOC_HUGE);
	*count = 0;
	for (int i = 0; i < slots; i++)
		if (dense[i] > 0)
		{
			Spell		spell = {0};

			spell.duration = i / state->dense_causes;
			spell.cause = i % state->dense_causes;
			spell.count = dense[i];
			spells[(*count)++] = spell;
		}
	memcpy(spells + *count, SpellStateSpells(state), (Size) state->sorted * sizeof(Spell));
	*count += state->sorted;
	return spells;
}

/*
 * The same multiset, sorted, in the current context, with room for `extra` more
 * spells, or for at least one where so many do not fit into a value, and a table where
 * that pays; without both for extra = 0. The given state stays as it is.
 */
static SpellState *
Rebuild(const SpellState *state, int64 extra, const char *type_name)
{
	int			old_count;
	Spell	   *old = SortedSpells(state, &old_count);
	int			fresh_count = state->spells - state->sorted;
	Spell	   *fresh = palloc_extended(Max(1, fresh_count) * sizeof(Spell), MCXT_ALLOC_HUGE);
	int			distinct = 0;
	int64		most = (MaxAllocSize - sizeof(SpellState) - state->names_room) / sizeof(Spell);
	int64		merged = 0;
	int64		room;
	Size		size;
	SpellState *result;
	Spell	   *spells;
	int			o = 0;
	int			f = 0;
	int			count = 0;

	memcpy(fresh, SpellStateSpells(state) + state->sorted, fresh_count * sizeof(Spell));
	SortSpells(fresh, fresh_count);
	for (int i = 0; i < fresh_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		distinct = PutSorted(fresh, distinct, &fresh[i]);
	}

	/* how many will there be: the two sorted runs, less what they share */
	while (o < old_count || f < distinct)
	{
		int			order = o == old_count ? 1 : f == distinct ? -1 :
			CompareSpells(&old[o], &fresh[f]);

		CHECK_FOR_INTERRUPTS();
		o += order <= 0;
		f += order >= 0;
		merged++;
	}
	room = extra == 0 ? merged : Min(most, Max(merged + extra, merged * 2));
	if (room < merged + (extra > 0))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one %s would need more than the %zu bytes that a value can have",
						type_name, (Size) MaxAllocSize),
				 errdetail("It holds %lld different durations.", (long long) merged),
				 errhint("Group by something finer, or round durations, for example to whole days.")));

	size = sizeof(SpellState) + state->names_room + room * sizeof(Spell);
	result = palloc(size);
	memcpy(result, state, sizeof(SpellState) + state->names_room);
	SET_VARSIZE(result, size);
	result->dense_durations = result->dense_causes = 0;
	spells = SpellStateSpells(result);
	o = f = 0;
	while (o < old_count || f < distinct)
	{
		CHECK_FOR_INTERRUPTS();
		if (o == old_count || (f < distinct && CompareSpells(&old[o], &fresh[f]) > 0))
			count = PutSorted(spells, count, &fresh[f++]);
		else
			count = PutSorted(spells, count, &old[o++]);
	}
	memset(spells + count, 0, (room - count) * sizeof(Spell));
	result->spells = result->sorted = count;
	pfree(fresh);
	if (state->dense_durations > 0)
		pfree(old);
	return extra > 0 ? MakeDense(result, extra) : result;
}

/*
 * Adds a spell of one or more subjects. Its times were checked by
 * SpellCheckTimes. Returns the state, or a larger one in the current context.
 */
SpellState *
SpellStateAdd(SpellState *state, const Spell *spell, const char *type_name)
{
	uint32	   *dense;

	if (state->subjects + (int64) spell->count > SPELL_SUBJECTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %lld subjects in one %s", (long long) SPELL_SUBJECTS, type_name)));
	state->subjects += spell->count;
	dense = FindDense(state, spell);
	if (likely(dense != NULL && spell->count <= PG_UINT32_MAX - *dense))
	{
		*dense += spell->count;
		return state;
	}
	if (unlikely(state->spells >= Room(state)))
		state = Rebuild(state, 1, type_name);
	SpellStateSpells(state)[state->spells++] = *spell;
	return state;
}

/* Where the name after this one stands. */
static inline Size
NameSize(int length)
{
	return INTALIGN(offsetof(SpellName, bytes) + length);
}

/* All names, cause 1 first: pointers into the state, in the current context. */
const SpellName **
SpellStateNames(const SpellState *state)
{
	const SpellName **names = palloc(Max(1, state->causes) * sizeof(SpellName *));
	const char *at = (const char *) state + sizeof(SpellState);

	for (int i = 0; i < state->causes; i++)
	{
		names[i] = (const SpellName *) at;
		at += NameSize(names[i]->length);
	}
	return names;
}

/*
 * The number of a cause, which gets the next one if it is new. Returns the
 * state, or a larger one in the current context.
 */
SpellState *
SpellStateFindCause(SpellState *state, const char *name, int length,
					const char *type_name, int *cause)
{
	char	   *at = (char *) state + sizeof(SpellState);
	SpellName  *entry;

	for (int i = 0; i < state->causes; i++)
	{
		entry = (SpellName *) at;
		if (BytesEqual(entry->bytes, entry->length, name, length))
		{
			*cause = i + 1;
			return state;
		}
		at += NameSize(entry->length);
	}

	if (state->causes >= SPELL_CAUSES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d causes in one %s", SPELL_CAUSES, type_name),
				 errdetail("The next one is \"%.*s\".", pg_mbcliplen(name, length, 100), name),
				 errhint("A cause is a kind of ending, for example won or lost: group finer ones together.")));
	if (state->names_used + NameSize(length) > (Size) state->names_room)
	{
		/* names stand before the spells: make room by moving those */
		Size		names_room = MAXALIGN(Max(state->names_used + NameSize(length),
											  2 * (Size) state->names_room));
		Size		size = VARSIZE(state) - state->names_room + names_room;
		SpellState *larger;

		if (names_room > MaxAllocSize / 2 || size > MaxAllocSize)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("one %s would need more than the %zu bytes that a value can have",
							type_name, (Size) MaxAllocSize),
					 errhint("Group by something finer, or use shorter names of causes.")));
		larger = palloc0(size);
		memcpy(larger, state, sizeof(SpellState) + state->names_used);
		larger->names_room = names_room;
		SET_VARSIZE(larger, size);
		memcpy(SpellStateDense(larger), SpellStateDense(state),
			   SpellStateDenseSize(state) + (Size) state->spells * sizeof(Spell));
		state = larger;
	}
	entry = (SpellName *) ((char *) state + sizeof(SpellState) + state->names_used);
	entry->length = length;
	memcpy(entry->bytes, name, length);
	state->names_used += NameSize(length);
	*cause = ++state->causes;
	return state;
}

/*
 * Adds all spells of another state, whose causes may have other numbers.
 * Returns the state, or a larger one in the current context.
 */
SpellState *
SpellStateMerge(SpellState *state, SpellState *other, const char *type_name)
{
	const Spell *spells;
	const SpellName **names = SpellStateNames(other);
	int		   *causes = palloc((other->causes + 2) * sizeof(int));

	other = SpellStatePlain(other, type_name);
	spells = SpellStateSpells(other);
	causes[SPELL_CENSORED] = SPELL_CENSORED;
	causes[SPELL_EVENT] = SPELL_EVENT;
	for (int i = 0; i < other->causes; i++)
		state = SpellStateFindCause(state, names[i]->bytes, names[i]->length, type_name,
									&causes[i + 1]);
	if (state->spells + (int64) other->spells > Room(state))
		state = Rebuild(state, other->spells, type_name);
	for (int i = 0; i < other->spells; i++)
	{
		Spell		spell = spells[i];

		CHECK_FOR_INTERRUPTS();
		spell.cause = causes[spell.cause];
		state = SpellStateAdd(state, &spell, type_name);
	}
	return state;
}

/* Orders names by their bytes, so that no collation has a say. */
static int
CompareNames(const void *left, const void *right)
{
	const SpellName *l = *(const SpellName *const *) left;
	const SpellName *r = *(const SpellName *const *) right;

	return BytesCompare(l->bytes, l->length, r->bytes, r->length);
}

/* The state without a table, in the current context where it has one. */
SpellState *
SpellStatePlain(SpellState *state, const char *type_name)
{
	return state->dense_durations > 0 ? Rebuild(state, 0, type_name) : state;
}

/*
 * The one form of a multiset: causes in the order of their names, spells
 * sorted, no room to spare. The state itself where it has this form already,
 * else a copy in the current context; the given state stays as it is.
 */
SpellState *
SpellStateCanonical(SpellState *state, const char *type_name)
{
	const SpellName **names;
	int		   *causes;
	SpellState *renamed;
	char	   *at;
	bool		in_order;
	Spell	   *spells;

	state = SpellStatePlain(state, type_name);
	names = SpellStateNames(state);
	in_order = (Size) state->names_room == MAXALIGN(state->names_used);
	for (int i = 1; i < state->causes && in_order; i++)
		in_order = CompareNames(&names[i - 1], &names[i]) < 0;
	if (in_order && state->sorted == state->spells && VARSIZE(state) == UsedSize(state))
		return state;
	if (in_order)
		return Rebuild(state, 0, type_name);

	/* as if all spells were new, under their causes' new numbers */
	causes = palloc0((state->causes + 1) * sizeof(int));
	renamed = palloc0(sizeof(SpellState) + MAXALIGN(state->names_used) +
					  (Size) state->spells * sizeof(Spell));
	*renamed = *state;
	renamed->names_room = MAXALIGN(state->names_used);
	renamed->sorted = 0;
	SET_VARSIZE(renamed, UsedSize(renamed));
	qsort(names, state->causes, sizeof(SpellName *), CompareNames);
	at = (char *) renamed + sizeof(SpellState);
	for (int i = 0; i < state->causes; i++)
	{
		const SpellName *old = (const SpellName *) ((const char *) state + sizeof(SpellState));
		int			number = 1;

		for (; old != names[i]; number++)
			old = (const SpellName *) ((const char *) old + NameSize(old->length));
		causes[number] = i + 1;
		memcpy(at, names[i], offsetof(SpellName, bytes) + names[i]->length);
		at += NameSize(names[i]->length);
	}
	spells = SpellStateSpells(renamed);
	memcpy(spells, SpellStateSpells(state), (Size) state->spells * sizeof(Spell));
	for (int i = 0; i < state->spells; i++)
		spells[i].cause = causes[spells[i].cause];
	return Rebuild(renamed, 0, type_name);
}

/* A stored state in its one form, for reading. */
SpellState *
SpellStateFromDatum(Datum value, uint16 version, const char *type_name)
{
	return SpellStateCanonical(StateFromDatum(value, version, sizeof(SpellState), type_name),
							   type_name);
}

/* A finite length of time, not negative, in any unit; -0 becomes 0. */
double
CheckDuration(double value, const char *what)
{
	value = CheckFiniteFloat(value, what);
	if (value < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must not be negative", what),
				 errdetail("The value is %.15g.", value),
				 errhint("It counts from the start, 0: does an end lie before its start?")));
	return value;
}

/*
 * The times of a row: 0 <= entry < duration, or entry = 0 = duration.
 */
void
SpellCheckTimes(double *entry, double *duration)
{
	/* as nearly all rows are; an entry of -0 becomes 0 here too */
	if (likely(*duration > 0 && *duration <= DBL_MAX && *entry == 0))
	{
		*entry = 0;
		return;
	}
	*duration = CheckDuration(*duration, "duration");
	*entry = CheckDuration(*entry, "entry");
	if (*entry > 0 && *entry >= *duration)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("entry must lie before duration"),
				 errdetail("The entry is %.15g, the duration %.15g.", *entry, *duration),
				 errhint("Both count from the same start; leave out subjects that ended before they were watched.")));
}
