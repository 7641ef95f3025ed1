/*
 * work.h
 *		work_calendar_def: what its files share.
 */
#ifndef REVOPS_WORK_H
#define REVOPS_WORK_H

#include "base/json_tree.h"
#include "work/work_plan.h"

/* work_def.c: the stored form */

typedef enum WorkSource
{
	WORK_FROM_TEXT,
	WORK_FROM_BINARY,
	WORK_FROM_ARGUMENTS
} WorkSource;

extern struct varlena *WorkPack(WorkCalendar *calendar, WorkSource source);
extern struct varlena *WorkDetoast(Datum value);
extern void WorkUnpack(struct varlena *value, WorkCalendar *calendar);
extern void WorkReadHours(WorkCalendar *calendar, const JsonNode *node, WorkSource source);

/* work.c: for modules that count days */
extern WorkPlan *WorkPlanOfDatum(Datum calendar);
extern void WorkCheckDays(const WorkPlan *plan, int64 first, int64 last);

#endif							/* REVOPS_WORK_H */
