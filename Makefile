# revops: builds with PGXS.
#
#   make                 compile; PG_CONFIG=/path/to/pg_config picks a server version
#   sudo make install    put it where the server looks for extensions
#   make demo            see it answer on a sample company (KEEP=1 leaves the server up)
#   make report          the sample company's figures as one HTML page
#   make test            everything; ends with "N passed, N failed"
#   make fuzz            algorithms against brute force; TIMES=100 SEED=7 for longer, for others
#   make bench           ratios against the SQL an analyst would write
#
# demo, report, test, fuzz and bench install what is missing (Debian packages), so they must
# work before pg_config exists; everything else is PGXS.

# The modules, each after those that it uses. A module is src/MODULE with a file `order`
# (its parts of the install script) and test/MODULE; nothing else names it.
MODULES = base rfm survival funnel stage contract tariff quote views

EXTENSION = revops
MODULE_big = revops
top := $(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST))))
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(top)/revops.control)

sources := $(sort $(foreach module,$(MODULES),$(wildcard $(top)/src/$(module)/*.c)))
OBJS := $(patsubst $(top)/%.c,%.o,$(sources))
PG_CPPFLAGS = -I$(top)/src

# The makers of views come after all modules, because they write queries over several.
parts := $(foreach module,$(MODULES),$(addprefix $(top)/src/$(module)/,$(shell cat $(top)/src/$(module)/order)))
SQL_PARTS := $(filter-out %_views.sql,$(parts)) $(filter %_views.sql,$(parts))

DATA = $(wildcard $(top)/src/upgrade/revops--*--*.sql)
DATA_built = revops--$(EXTVERSION).sql

REGRESS = $(patsubst $(top)/test/sql/%.sql,%,$(sort $(wildcard $(top)/test/sql/*.sql)))
REGRESS_OPTS = --inputdir=$(top)/test

PG_CONFIG ?= pg_config
PREPARED = demo demo-stop report test fuzz bench

ifneq ($(filter $(PREPARED),$(MAKECMDGOALS)),)

.PHONY: $(PREPARED)
$(PREPARED):
	@MODULES="$(MODULES)" $(top)/test/run $@

else

# PGXS has another meaning for this name
MODULES =
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

revops--$(EXTVERSION).sql: $(SQL_PARTS) $(wildcard $(top)/src/*/order $(top)/src/base/*.template) $(top)/src/base/join.awk $(top)/revops.control
	awk -f $(top)/src/base/join.awk $(SQL_PARTS) > $@.new && mv $@.new $@

# an out-of-tree build has no folders yet
$(shell mkdir -p $(dir $(OBJS)))

# a header's change rebuilds all: the tree is small, and a stale object is not
$(OBJS): $(wildcard $(top)/src/*/*.h)

endif
