# revops: builds with PGXS.
#
#   make                 compile; PG_CONFIG=/path/to/pg_config picks a server version
#   sudo make install    put it where the server looks for extensions
#   make demo            see it answer on a sample company (KEEP=1 leaves the server up)
#   make report          the sample company's figures as one HTML page
#   make test            everything; ends with "N passed, N failed"
#   make bench           ratios against the SQL an analyst would write
#
# demo, report, test and bench install what is missing (Debian packages), so they must
# work before pg_config exists; everything else is PGXS.

EXTENSION = revops
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" revops.control)
MODULE_big = revops

OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))

# Parts of the install script, in the order in which they need each other.
SQL_PARTS = $(addprefix src/, \
	schema.sql \
	wilson.sql \
	rfm_order.sql \
	rfm_model.sql \
	rfm_segment.sql \
	funnel_def.sql \
	funnel_path.sql \
	funnel_stats.sql \
	survival.sql \
	incidence.sql \
	stage.sql \
	contract.sql \
	contract_population.sql \
	tariff.sql \
	tariff_import.sql \
	quote.sql)

# The makers of views write queries over the modules above.
SQL_PARTS += $(addprefix src/, \
	views.sql \
	views_rfm.sql \
	views_contract.sql \
	views_funnel.sql \
	views_quote.sql)

DATA = $(wildcard src/upgrade/revops--*--*.sql)
DATA_built = revops--$(EXTVERSION).sql

REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))

PG_CONFIG ?= pg_config
PREPARED = demo demo-stop report test bench

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
