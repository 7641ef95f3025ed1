# revops: builds with PGXS.
#
#   make                 compile; PG_CONFIG=/path/to/pg_config picks a server version
#   sudo make install    put it where the server looks for extensions
#   make demo            see it answer on a sample company (KEEP=1 leaves the server up)
#   make test            everything; ends with "N passed, N failed"
#   make bench           ratios against the SQL an analyst would write
#
# demo, test and bench install what is missing (Debian packages), so they must
# work before pg_config exists; everything else is PGXS.

EXTENSION = revops
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" revops.control)
MODULE_big = revops

# Rooms, from the ground floor up.
OBJS = \
	src/revops.o \
	src/check.o \
	src/decimal.o \
	src/json_tree.o \
	src/numeric_call.o \
	src/state.o \
	src/wire.o \
	src/wilson.o \
	src/rfm_cuts.o \
	src/rfm_order.o \
	src/rfm_model.o \
	src/rfm_score.o \
	src/rfm_segment.o \
	src/tariff_def.o \
	src/tariff_agg.o \
	src/tariff_plan.o \
	src/tariff_price.o \
	src/tariff_search.o \
	src/tariff_import.o \
	src/amount.o \
	src/quote.o

# Parts of the install script, in the order in which they need each other.
SQL_PARTS = \
	src/schema.sql \
	src/wilson.sql \
	src/rfm_order.sql \
	src/rfm_model.sql \
	src/rfm_segment.sql \
	src/tariff.sql \
	src/tariff_import.sql \
	src/quote.sql

DATA = $(wildcard src/upgrade/revops--*--*.sql)
DATA_built = revops--$(EXTVERSION).sql

PG_CONFIG ?= pg_config
PREPARED = demo demo-stop test bench

ifneq ($(filter $(PREPARED),$(MAKECMDGOALS)),)

.PHONY: $(PREPARED)
$(PREPARED):
	@test/run $@

else

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

revops--$(EXTVERSION).sql: $(SQL_PARTS) revops.control
	cat $(SQL_PARTS) > $@

# a header's change rebuilds all: the tree is small, and a stale object is not
$(OBJS): $(wildcard src/*.h)

endif
