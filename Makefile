# revops: builds with PGXS.
#
#   make                 compile; PG_CONFIG=/path/to/pg_config picks a server version
#   sudo make install    put it where the server looks for extensions
#   make demo            see it answer on a sample company (KEEP=1 leaves the server up, ONLY=pipeline shows one part)
#   make report          the same as charts: one HTML file, a page per family of questions
#   make test            everything; ends with "N passed, N failed"
#   make test-versions   everything on PostgreSQL 15, 17 and 18, in roots of Debian releases
#   make dist            a zip for PGXN;  make deb: Debian packages, one per PostgreSQL version that is there
#   make test-packages   both, tried in clean roots
#   make test-faults     sanitizers, assertions, mutated values, random queries, too little memory; under an hour
#   make test-limits     time, memory and cancels of every aggregate and set-returning function against the size of its input
#   make fuzz            algorithms against brute force; TIMES=100 SEED=7 for longer, for others
#   make bench           ratios against the SQL an analyst would write
#
# demo, report, test, test-limits, fuzz and bench install what is missing (Debian packages), so they must
# work before pg_config exists; everything else is PGXS.

# The modules, each after those that it uses. A module is src/MODULE with a file `order`
# (its parts of the install script) and test/MODULE; nothing else names it.
MODULES = base rfm survival funnel stage contract tariff quote work period bridge benchmark experiment cadence tenure basket qualification score deal attribution referral rating views

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

# The release before, whose install script is kept in src/upgrade. Its parts are listed there: a part that is not
# among them is new, and the upgrade is made of it. Parts in which functions were replaced, without another
# signature, are listed beside.
RELEASED = 0.1.0
released := $(top)/src/upgrade/revops--$(RELEASED)
upgrade_new := $(filter-out $(addprefix $(top)/src/,$(shell cat $(released).parts)),$(SQL_PARTS))
upgrade_replaced := $(addprefix $(top)/src/,$(shell cat $(released).replaced))

# relative to the Makefile, as PGXS wants it
DATA = src/upgrade/revops--$(RELEASED).sql
DATA_built = revops--$(EXTVERSION).sql revops--$(RELEASED)--$(EXTVERSION).sql

REGRESS = $(patsubst $(top)/test/sql/%.sql,%,$(sort $(wildcard $(top)/test/sql/*.sql)))
REGRESS_OPTS = --inputdir=$(top)/test

PG_CONFIG ?= pg_config
PREPARED = demo demo-stop report test test-limits fuzz bench

ifneq ($(filter test-versions test-packages test-faults dist deb,$(MAKECMDGOALS)),)

DIST ?= .
.PHONY: test-versions test-packages test-faults dist deb
test-versions:
	@$(top)/test/versions
test-packages:
	@$(top)/test/packages
test-faults:
	@$(top)/test/faults

# META.json says the version that revops.control says
dist:
	@grep -q '"version": "$(EXTVERSION)",$$' $(top)/META.json || { echo 'META.json has another version than revops.control'; exit 1; }
	git -C $(top) archive --format=zip --prefix=revops-$(EXTVERSION)/ -o $(abspath $(DIST))/revops-$(EXTVERSION).zip HEAD

deb:
	cd $(top) && pg_buildext updatecontrol && dpkg-buildpackage -us -uc -b

else ifneq ($(filter $(PREPARED),$(MAKECMDGOALS)),)

.PHONY: $(PREPARED)
$(PREPARED):
	@MODULES="$(MODULES)" $(top)/test/run $@

else

# PGXS has another meaning for this name
MODULES =
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

revops--$(EXTVERSION).sql: $(SQL_PARTS) $(wildcard $(top)/src/*/order $(top)/src/base/*.template) $(top)/src/base/join.awk $(top)/revops.control
	LC_ALL=C awk -f $(top)/src/base/join.awk $(SQL_PARTS) > $@.new && mv $@.new $@

revops--$(RELEASED)--$(EXTVERSION).sql: $(SQL_PARTS) $(wildcard $(top)/src/base/*.template $(top)/src/upgrade/*) $(top)/src/base/join.awk
	LC_ALL=C awk -f $(top)/src/base/join.awk $(top)/src/base/upgrade.sql $(upgrade_new) replacing=1 $(upgrade_replaced) > $@.new && mv $@.new $@

# an out-of-tree build has no folders yet
$(shell mkdir -p $(dir $(OBJS)))

# a header's change rebuilds all: the tree is small, and a stale object is not
$(OBJS): $(wildcard $(top)/src/*/*.h)

endif
