/*
 * deal.h
 *		How the pipeline changed, and what will come of it: what the rooms of the
 *		module share.
 *
 * deal_history.c		one deal's history and movements, on plain structs
 * forecast_luck.c		the distribution of a sum of independent deals, likewise
 * pipeline.c			pipeline_def: which stages are open, won, lost
 * deal_state.c			deal_state: one deal's log, as stored
 * deal_functions.c		deal_on, deal_movements
 * deal_bridge.c		pipeline_bridge: movements of many deals
 * forecast_model.c		forecast_model: visits to stages and how their deals ended
 * forecast_chance.c	what a model says of a stage and of a deal
 * forecast_state.c		forecast_state: amounts and chances of open deals
 */
#ifndef REVOPS_DEAL_H
#define REVOPS_DEAL_H

#include "fmgr.h"

#include "base/json_tree.h"
#include "base/rows.h"
#include "base/state.h"
#include "base/wire.h"
#include "deal/deal_history.h"

/* pipeline.c */

#define PIPELINE_MOST_STAGES	1000

typedef struct PipelineDef
{
	StateHeader header;
	int32		open;
	int32		lost;
	int32		won;
	int32		used;			/* bytes of names */
	/* the zone's name, then the stages by place: each a length and its bytes, to 4 */
} PipelineDef;

typedef struct PipelineName
{
	int32		length;
	char		bytes[FLEXIBLE_ARRAY_MEMBER];
} PipelineName;

/* A definition ready for work. */
typedef struct PipelineSpec
{
	PipelineDef *def;
	DealPlaces	places;
	int			count;			/* of stages */
	const PipelineName **stage; /* the one with place 1 first */
	ZoneSpans	zone;
} PipelineSpec;

struct ForecastModel;

#define SPECS_CACHED	4
#define MODELS_CACHED	16		/* a backtest asks each deal of a dozen */

/* What a calling expression has met last, each part in a memory of its own. */
typedef struct DealCache
{
	struct
	{
		MemoryContext context;
		PipelineSpec spec;		/* def NULL: none */
	}			pipeline[SPECS_CACHED];
	int			next_pipeline;
	struct
	{
		MemoryContext context;
		struct varlena *key;	/* a stored model as it came: compressed, or a pointer to it */
		struct ForecastModel *model;
	}			model[MODELS_CACHED];
	int			next_model;
} DealCache;

extern DealCache *DealCacheOf(FmgrInfo *flinfo);
extern MemoryContext DealCacheReset(FmgrInfo *flinfo, MemoryContext *context);
extern PipelineDef *PipelineDefFromDatum(Datum value);
extern PipelineDef *PipelineDefReadJson(const JsonNode *root);
extern void PipelineDefPutJson(StringInfo text, const PipelineDef *def);
extern PipelineDef *PipelineDefReadWire(WireReader *reader);
extern void PipelineDefPutWire(StringInfo buffer, const PipelineDef *def);
extern bool PipelineDefEqual(const PipelineDef *left, const PipelineDef *right);
extern char *PipelineDefText(const PipelineDef *def);
extern const PipelineName *PipelineStage(const PipelineDef *def, int place);
extern PipelineSpec *PipelineSpecOf(FmgrInfo *flinfo, const PipelineDef *def);
extern int	PipelinePlace(const PipelineSpec *spec, const char *bytes, int length);

/* deal_state.c */

extern DealHistory DealHistoryOf(Datum state, const PipelineSpec *spec);

/* deal_functions.c */

extern DealWindow CheckClosing(FunctionCallInfo fcinfo, int argument);

/* forecast_model.c */

/* Visits that lasted as long and whose deals ended as late and alike. */
typedef struct ForecastVisit
{
	int64		total;			/* as in DealVisit */
	int64		stay;
	int16		place;
	int16		end;
	int32		count;
} ForecastVisit;

/* Behind it: the definition, then visits. In a value outside an aggregate all are sorted. */
typedef struct ForecastModel
{
	StateHeader header;
	DateADT		as_of;
	int32		def_bytes;		/* up to a multiple of 8 */
	int32		visits;
	int32		sorted;			/* the first of them, in order and all different */
} ForecastModel;

static inline PipelineDef *
ForecastModelDef(const ForecastModel *model)
{
	return (PipelineDef *) ((char *) model + sizeof(ForecastModel));
}

static inline ForecastVisit *
ForecastModelVisits(const ForecastModel *model)
{
	return (ForecastVisit *) ((char *) ForecastModelDef(model) + model->def_bytes);
}

extern ForecastModel *ForecastModelFromDatum(Datum value);
extern ForecastModel *ForecastModelCached(FmgrInfo *flinfo, Datum value);
extern ForecastVisit *ForecastModelStage(const ForecastModel *model, int place, int *count);

#endif							/* REVOPS_DEAL_H */
