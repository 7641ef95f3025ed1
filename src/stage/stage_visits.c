/*
 * stage_visits.c
 *		Visits to the stages of a pipeline: see stage_visits.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/bytes.h"
#include "stage/stage_visits.h"

/* By time, then by the stage's bytes: the order in which a state keeps rows. */
int
CompareStageRows(const StageRow *left, const StageRow *right)
{
	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return BytesCompare(left->stage, left->length, right->stage, right->length);
}

/*
 * By time; at equal times as a pipeline runs, from the first listed stage to the
 * last, then those that are not listed, which close it, by name.
 */
static inline int
ComparePlaced(const StagePlaced *left, const StagePlaced *right)
{
	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return CompareStageRows(left->row, right->row);
}

#define ST_SORT SortPlaced
#define ST_ELEMENT_TYPE StagePlaced
#define ST_COMPARE(a, b) ComparePlaced(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static inline bool
SameStage(const StageRow *left, const StageRow *right)
{
	return BytesEqual(left->stage, left->length, right->stage, right->length);
}

/*
 * Sorts the rows and writes the visits to listed stages, in order; returns how
 * many. visits has room for `count`; stages: how many are listed. Neighbouring
 * rows of one stage are one visit; a visit to a stage that is not listed ends the
 * one before it and is not written itself.
 */
int
StageVisits(StagePlaced *rows, int count, int stages, StageVisit *visits)
{
	int			written = 0;
	int			next;

	SortPlaced(rows, count);
	for (int i = 0; i < count; i = next)
	{
		StageVisit *visit;

		for (next = i + 1; next < count && SameStage(rows[i].row, rows[next].row); next++)
			CHECK_FOR_INTERRUPTS();
		if (rows[i].place == STAGE_UNLISTED)
			continue;
		visit = &visits[written++];
		visit->row = rows[i].row;
		visit->place = rows[i].place;
		visit->next = next < count ? rows[next].row : NULL;
		if (next == count)
			visit->direction = visit->place == stages ? "final" : "open";
		else if (rows[next].place == STAGE_UNLISTED)
			visit->direction = "closed";
		else if (rows[next].place < rows[i].place)
			visit->direction = "back";
		else if (rows[next].place > rows[i].place + 1)
			visit->direction = "skip";
		else
			visit->direction = "forward";
	}
	return written;
}
