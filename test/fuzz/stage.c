/*
 * stage.c
 *		Visits to stages, one row after the other.
 */
#include "fuzz.h"

#include "stage/stage_visits.h"

#define MOST_CASE_ROWS 8
#define NAMES "bcadbb"			/* listed first; no stage's name is in byte order */

typedef struct Seen
{
	int64		at;
	char		name[4];
	int			length;
	int			place;
	StageRow   *row;
} Seen;

/* By time, then listed ones as listed, then the others by name. */
static bool
Before(const Seen *a, const Seen *b)
{
	int			order;

	if (a->at != b->at)
		return a->at < b->at;
	if (a->place != b->place)
		return a->place < b->place;
	order = memcmp(a->name, b->name, Min(a->length, b->length));
	return order != 0 ? order < 0 : a->length < b->length;
}

static bool
Same(const Seen *a, const Seen *b)
{
	return a->length == b->length && memcmp(a->name, b->name, a->length) == 0;
}

void
StageCase(void)
{
	int			rows = RandomBelow(MOST_CASE_ROWS + 1);
	int			listed = RandomBetween(1, 4);
	Seen		seen[MOST_CASE_ROWS];
	StagePlaced *placed = palloc(Max(rows, 1) * sizeof(StagePlaced));
	StageVisit *visits = palloc(Max(rows, 1) * sizeof(StageVisit));
	int			found;
	int			expected = 0;

	for (int r = 0; r < rows; r++)
	{
		int			name = RandomBelow(5);

		seen[r].at = RandomBelow(6);
		seen[r].length = name == 4 ? 2 : 1;
		memcpy(seen[r].name, NAMES + name, seen[r].length);
		seen[r].place = name < listed ? name + 1 : STAGE_UNLISTED;
		seen[r].row = palloc(offsetof(StageRow, stage) + seen[r].length);
		seen[r].row->at = seen[r].at;
		seen[r].row->length = seen[r].length;
		memcpy(seen[r].row->stage, seen[r].name, seen[r].length);
		placed[r].at = seen[r].at;
		placed[r].row = seen[r].row;
		placed[r].place = seen[r].place;
		Note("    at " INT64_FORMAT ": %.*s, place %d of %d\n", seen[r].at, seen[r].length,
			 seen[r].name, seen[r].place, listed);
	}
	found = StageVisits(placed, rows, listed, visits);

	for (int i = 1; i < rows; i++)
		for (int j = i; j > 0 && Before(&seen[j], &seen[j - 1]); j--)
		{
			Seen		swapped = seen[j];

			seen[j] = seen[j - 1];
			seen[j - 1] = swapped;
		}
	for (int i = 0; i < rows; i++)
	{
		const Seen *next = NULL;
		const char *direction;
		const StageVisit *visit;

		if (seen[i].place == STAGE_UNLISTED || (i > 0 && Same(&seen[i], &seen[i - 1])))
			continue;
		for (int j = i + 1; j < rows && next == NULL; j++)
			if (!Same(&seen[j], &seen[i]))
				next = &seen[j];
		if (next == NULL)
			direction = seen[i].place == listed ? "final" : "open";
		else if (next->place == STAGE_UNLISTED)
			direction = "closed";
		else if (next->place < seen[i].place)
			direction = "back";
		else
			direction = next->place == seen[i].place + 1 ? "forward" : "skip";
		EXPECT(expected < found, "%d visits only", found);
		visit = &visits[expected++];
		EXPECT(visit->row->at == seen[i].at && visit->place == seen[i].place,
			   "visit %d is to place %d at " INT64_FORMAT ", not %d at " INT64_FORMAT, expected,
			   visit->place, visit->row->at, seen[i].place, seen[i].at);
		EXPECT(strcmp(visit->direction, direction) == 0, "visit %d is %s, not %s", expected,
			   visit->direction, direction);
		EXPECT((visit->next == NULL) == (next == NULL), "visit %d: next", expected);
		if (next != NULL)
			EXPECT(visit->next->at == next->at && visit->next->length == next->length &&
				   memcmp(visit->next->stage, next->name, next->length) == 0,
				   "visit %d goes on to another stage", expected);
	}
	EXPECT(found == expected, "%d visits, not %d", found, expected);
}
