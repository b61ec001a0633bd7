# Builds, tests and runs IDP-MC. Sources, workers, contracts and tests are found by their folders:
# adding one edits nothing here. `make help` lists the targets.
#
#   SANITIZER=address|undefined|address,undefined|thread   builds into build/<sanitizer>
#   B=folder     builds somewhere else            CC=clang   another compiler
#   ONLY=path    limits a kind of tests to a folder or file under tests/<kind>     V=1   shows commands

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

CC = gcc
SANITIZER ?=
COVERAGE ?=
B   := build$(if $(SANITIZER),/$(SANITIZER))$(if $(COVERAGE),/coverage)
# There the other commit is called B.
ifneq ($(filter bench-compare,$(MAKECMDGOALS)),)
OTHER := $(if $(filter command,$(origin B)),$(B))
override B := build
endif
BIN := $(if $(filter build,$(B)),bin,$(B)/bin)
Q   := $(if $(V),,@)

comma := ,

# ---- what there is -------------------------------------------------------------------------------
find = $(sort $(foreach dir,$(wildcard $(1)),$(shell find $(dir) -name '$(2)')))
objects = $(patsubst %.c,$(B)/obj/%.o,$(1))

LIBRARY   := $(filter-out shared/runtime/main/%,$(call find,shared,*.c))
GENERATOR := $(wildcard contracts/generator/*.c)
FLEETCTL  := $(wildcard ops/fleetctl/*.c)
CONTRACTS := $(patsubst %/,%,$(sort $(dir $(wildcard contracts/*/*.yaml))))
MODULES   := $(patsubst contracts/%,%,$(CONTRACTS))
WORKERS   := $(patsubst workers/%/worker.c,%,$(wildcard workers/*/worker.c))
INGRESS   := $(if $(wildcard workers/ingress/*.c),ingress)

# Workers that only tests have stand in tests/support/<name>, with their contracts inside.
TEST_WORKERS   := $(patsubst tests/support/%/worker.c,%,$(wildcard tests/support/*/worker.c))
TEST_CONTRACTS := $(patsubst %,tests/support/%/contracts,$(TEST_WORKERS))

ONLY ?=
SECONDS = 20
MINUTES = 30
TARGET =
CASE ?= drain drain-2 ramp one-player tenants rls edge
tests = $(call find,tests/$(1)$(ONLY:%=/%),$(2))
UNIT                := $(call tests,unit,test_*.c)
INTEGRATION         := $(call tests,integration,test_*.c)
INTEGRATION_SCRIPTS := $(call tests,integration,*.sh)
E2E_SCRIPTS         := $(call tests,e2e,*.sh)
ARCH_SCRIPTS        := $(call tests,arch,*.sh)
FUZZ                := $(wildcard tests/fuzz/fuzz_*.c)
GATE                := $(wildcard tests/gate/gate_*.c)

MAINS := $(patsubst shared/runtime/main/%.c,%,$(wildcard shared/runtime/main/*.c))
# The programs that can be built from what is there: of each folder that has their parts.
programs = $(if $(GENERATOR),$(if $(INGRESS),$(filter fleet ingress,$(MAINS))) \
	$(if $(filter worker,$(MAINS)),$(addprefix worker-,$(1))))
PROGRAMS := $(addprefix $(BIN)/,$(call programs,$(WORKERS)) $(if $(FLEETCTL),fleetctl))
DOCUMENTS := $(if $(FLEETCTL),$(addprefix $(B)/gen/,openapi.json asyncapi.json schema/stamp))
TEST_PROGRAMS := $(addprefix $(B)/tests/bin/,$(call programs,$(WORKERS) $(TEST_WORKERS) $(TEST_WORKERS:%=%-malloc)))
UNIT_PROGRAMS := $(patsubst tests/%.c,$(B)/tests/%,$(UNIT))
INTEGRATION_PROGRAMS := $(patsubst tests/%.c,$(B)/tests/%,$(INTEGRATION))
# The limits that benchmarks compare with: each is a program of one file.
LIMITS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/bench/limits/*.c))
FUZZ_PROGRAMS := $(patsubst tests/%.c,$(B)/tests/%,$(FUZZ))
GATE_PROGRAMS := $(patsubst tests/%.c,$(B)/tests/%,$(GATE))

# Tests start programs from these folders: the released ones, and those with the tests' workers.
TEST_ENVIRONMENT = BIN=$(abspath $(BIN)) TEST_BIN=$(abspath $(B)/tests/bin) \
	CHAOS=$(abspath $(B)/tests/chaos/chaos) CHAOS_OUT=$(abspath $(B)/chaos)

# ---- flags ---------------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wformat=2 -Wvla -Werror
HARDENING := $(if $(SANITIZER),-fsanitize=$(SANITIZER) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer,-D_FORTIFY_SOURCE=2)
COUNTING := $(if $(COVERAGE),--coverage -fprofile-update=atomic)
CFLAGS = -std=c17 -D_GNU_SOURCE -O2 -g -pthread -fstack-protector-strong $(WARNINGS) $(HARDENING) $(COUNTING)
LDFLAGS = -pthread -Wl,--as-needed -Wl,-z,relro,-z,now $(if $(SANITIZER),-fsanitize=$(SANITIZER)) \
	$(if $(COVERAGE),--coverage)

# The thread sanitizer knows POSIX's threads only; librdkafka's are C11's.
ifeq ($(SANITIZER),thread)
THREADS := $(B)/threads.o
LDFLAGS += $(THREADS)
$(B)/flags: | $(THREADS)
$(THREADS): tests/support/tsan/threads.c
	@mkdir -p $(@D); $(CC) $(CFLAGS) -c $< -o $@
endif

# Asked for once, and only when something is compiled: `make install` must run without them.
msgpack = $(or $(shell for name in msgpack-c msgpackc msgpack; do \
	pkg-config --exists $$name && echo $$name && break; done),msgpack)
packages = rdkafka libpq hiredis libjwt libuv libcurl libssl zlib jansson yaml-0.1 libcrypto cunit $(msgpack)
missing = $(strip $(foreach name,$(1),$(shell pkg-config --exists $(name) || echo $(name))))
require = $(if $(missing),$(error not on this machine: $(missing) (asked pkg-config). Run: make install))
ask = $(require)$(shell pkg-config $(2) $(1))
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $(call ask,$(packages),--cflags))$(PACKAGE_CFLAGS)
PACKAGE_LIBS = $(eval PACKAGE_LIBS := $(call ask,$(packages),--libs) -lhttp_parser)$(PACKAGE_LIBS)

SANITIZED := build/address$(comma)undefined
FUZZING := CC=clang B=build/fuzz SANITIZER=fuzzer-no-link$(comma)address$(comma)undefined

# ---- targets -------------------------------------------------------------------------------------
.PHONY: all help install run stop reset test unit integration e2e arch tsan bench fuzz fuzz-smoke chaos \
	chaos-complete chaos-smoke mutants docs new-worker new-message contracts-check contracts-lock format lint \
	editor coverage gate gate-write run-counted tsan-run image test-compose clean FORCE

all: $(B)/libidpmc.a $(PROGRAMS) $(DOCUMENTS) ## builds every program into bin/ (the default)

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

install: ## installs what is missing from Debian's packages; starts no service
	@ops/install

# Two at a time and more, unless the caller said how many.
parallel = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

run: install ## builds and starts everything on this machine, and plays the demo
	@$(MAKE) $(parallel) all
	@ops/local/run

stop: ## stops what `make run` started, and nothing else
	@ops/local/fleet stop
	@ops/local/servers stop

reset: ## stops, and throws the data away
	@ops/local/fleet stop
	@ops/local/servers reset

# Unit tests run twice, plain and under the sanitizers; integration tests under the sanitizers, with
# the programs that they start; end-to-end tests with the programs that are released.
test: install ## builds and runs every test, with private servers of its own
	@{ $(MAKE) $(parallel) test-programs && \
		$(MAKE) $(parallel) SANITIZER=address,undefined unit-programs integration-programs; } || \
		{ echo "the tests could not be built"; echo "0 passed, 1 failed"; exit 1; }
	@$(TEST_ENVIRONMENT) tests/side-by-side 2 TEST_TIMEOUT=1200 tests/chaos/smoke.sh \
		TEST_TIMEOUT=600 $(E2E_SCRIPTS) $(INTEGRATION_SCRIPTS) $(ARCH_SCRIPTS) \
		TEST_BIN=$(abspath $(SANITIZED)/tests/bin) \
		$(patsubst tests/%.c,$(SANITIZED)/tests/%,$(INTEGRATION) $(UNIT)) \
		$(UNIT_PROGRAMS)

unit: unit-programs ## builds and runs the unit tests; they need no server
	@tests/run $(UNIT_PROGRAMS)

tsan: ## runs the unit and integration tests under the thread sanitizer
	@$(MAKE) $(parallel) SANITIZER=thread unit-programs integration-programs all
	@$(MAKE) SANITIZER=thread tsan-run

tsan-run:
	@$(TEST_ENVIRONMENT) TSAN_OPTIONS="suppressions=$(abspath tests/support/tsan.supp)" TEST_TIMEOUT=900 \
		ops/local/with-servers tests/run $(UNIT_PROGRAMS) $(INTEGRATION_PROGRAMS)

arch: $(PROGRAMS) ## checks the rules of the architecture on the tree and its objects
	@tests/run $(ARCH_SCRIPTS)

integration: test-programs ## tests of parts against private servers
	@$(TEST_ENVIRONMENT) ops/local/with-servers tests/run $(INTEGRATION_PROGRAMS) $(INTEGRATION_SCRIPTS)

e2e: test-programs ## tests of everything, through the ingress
	@$(TEST_ENVIRONMENT) ops/local/with-servers tests/run $(E2E_SCRIPTS)

.PHONY: bench-compare bench-programs
bench-programs: all $(B)/tests/bench/bench $(WORKERS:%=$(B)/tests/bench/worker-%-recorded) $(LIMITS)

# SIZE= commands and FOR_S= seconds make a case smaller or larger than it is by default; FLAME=yes has perf look.
bench: bench-programs ## measures each CASE= of docs/guides/bench.md in REPEAT=5 rounds, beside its limits
	@code=0; for case in $(CASE); do $(TEST_ENVIRONMENT) BENCH=$(abspath $(B)/tests/bench/bench) \
		BENCH_OUT=$(abspath $(B)/bench) REPEAT='$(REPEAT)' SIZE='$(SIZE)' FOR_S='$(FOR_S)' STRICT='$(STRICT)' FLAME='$(FLAME)' \
		tests/bench/run $$case || code=$$?; done; exit $$code

bench-compare: $(B)/tests/bench/bench ## compares what was measured: A= and B= are commits, folders or JSON files
	@BENCH=$(abspath $<) BENCH_OUT=$(abspath $(B)/bench) tests/bench/compare '$(A)' '$(OTHER)'

fuzz: SECONDS = $$(($(MINUTES) * 60))
fuzz: ## fuzzes each target for MINUTES=30, or TARGET=codec_json alone (installs clang)
fuzz-smoke: ## fuzzes each target for SECONDS=20
fuzz fuzz-smoke:
	@ops/install --fuzz
	@$(MAKE) $(parallel) $(FUZZING) fuzz-programs || { echo "0 passed, 1 failed"; exit 1; }
	@tests/fuzz/run $(SECONDS) $(or $(TARGET:%=build/fuzz/tests/fuzz/fuzz_%),$(FUZZ:%.c=build/fuzz/%))

gate: ## counts the instructions of what each command passes through: 3 % more fails (installs valgrind)
gate-write: ## makes the counts of now the baseline: tests/gate/baseline
gate gate-write:
	@ops/install --gate
	@$(MAKE) $(parallel) gate-programs || { echo "0 passed, 1 failed"; exit 1; }
	@tests/gate/run $(if $(filter gate,$@),check,write) $(GATE_PROGRAMS)

# Everything that a fault run starts.
chaos-programs: all $(TEST_PROGRAMS) $(B)/tests/chaos/chaos $(B)/tests/chaos/clock.so

chaos: chaos-programs ## breaks a fleet under load for MINUTES=30, from SEED= on, by FAULT= or any
	@$(TEST_ENVIRONMENT) SEED='$(SEED)' MINUTES='$(MINUTES)' FAULT='$(FAULT)' tests/chaos/run campaign

chaos-complete: chaos-programs ## plays of each fault (or FAULT=) what is missing to its count, BESIDE=2 at a time
	@$(TEST_ENVIRONMENT) FAULT='$(FAULT)' tests/chaos/complete $(BESIDE)

chaos-smoke: chaos-programs ## the same with a fixed seed, once by each of the cheap faults
	@$(TEST_ENVIRONMENT) tests/chaos/smoke.sh

mutants: ## proves the judge and the tests: each mutant of tests/chaos/mutants has to be found (ONLY=name)
	@tests/chaos/mutants/run $(ONLY)

contracts-check: $(B)/contracts-generator ## refuses contracts that break who relies on released ones
	@$< --check contracts/lock $(CONTRACTS:%=--contracts %) --users workers

contracts-lock: $(B)/contracts-generator ## releases contracts; REWORDED=TYPE,TYPE: only words changed; NARROWED=TYPE,TYPE: fewer are shown the event
	@$< --lock contracts/lock $(CONTRACTS:%=--contracts %) --users workers \
		$(if $(REWORDED),--reworded $(REWORDED)) $(if $(NARROWED),--narrowed $(NARROWED))

docs: $(BIN)/fleetctl ## writes the pages of docs/reference that are made of the contracts and tables
	@for page in messages problems settings; do $< describe $$page > docs/reference/$$page.md; done

new-worker: ## writes the files of a new worker: NAME=abacus
	@ops/new/worker.sh '$(NAME)'

new-message: ## writes contract, handler and test of a new command: MODULE=abacus NAME=move-bead
	@ops/new/message.sh '$(MODULE)' '$(NAME)'

format: ## formats every C file
	@ops/install --lint
	@find $(wildcard shared workers contracts ops tests docs) -name '*.[ch]' -exec clang-format -i {} +

lint: ## reads every source with clang-tidy, cppcheck, shellcheck and yamllint
	@ops/install --lint
	@$(MAKE) $(parallel) all editor
	@ops/lint/lint

editor: $(B)/gen/stamp $(B)/test-gen/stamp ## writes build/compile_commands.json, for editors and clang-tidy
	@ops/lint/compile-commands '$(CC) $(CFLAGS) -Ishared $(PACKAGE_CFLAGS)' $(B)/gen $(B)/test-gen \
		>$(B)/compile_commands.json

image: ## builds the container image idpmc:local (wants Docker)
	@docker build --file compose/Dockerfile --build-arg COMMIT="$$(git rev-parse HEAD)" \
		--build-arg VERSION="$$(sed -n 's/^#define IDPMC_VERSION "\(.*\)"/\1/p' shared/runtime/version.h)" \
		--tag idpmc:local .

test-compose: install ## tests the image and both arrangements of compose (wants Docker)
	@$(MAKE) $(parallel) all
	@$(TEST_ENVIRONMENT) TEST_TIMEOUT=1200 tests/run tests/compose/compose.sh

coverage: ## runs the tests and counts the lines reached: build/coverage/report.html
	@ops/install --lint
	@$(MAKE) $(parallel) COVERAGE=yes test-programs
	@$(MAKE) COVERAGE=yes run-counted || echo "some tests failed; the report says what was reached"
	@gcovr --root . --filter '(shared|workers|contracts|ops)/' --html-details build/coverage/report.html \
		--print-summary build/coverage

run-counted:
	@$(TEST_ENVIRONMENT) ops/local/with-servers tests/run $(UNIT_PROGRAMS) $(INTEGRATION_PROGRAMS) \
		$(INTEGRATION_SCRIPTS) $(E2E_SCRIPTS)

.PHONY: unit-programs integration-programs test-programs fuzz-programs gate-programs chaos-programs
gate-programs: $(GATE_PROGRAMS)
fuzz-programs: $(FUZZ_PROGRAMS)
unit-programs: $(UNIT_PROGRAMS)
integration-programs: $(TEST_PROGRAMS) $(INTEGRATION_PROGRAMS)
test-programs: chaos-programs $(UNIT_PROGRAMS) $(INTEGRATION_PROGRAMS)

clean: ## removes what was built; leaves data and servers alone
	rm -rf build bin

# ---- objects -------------------------------------------------------------------------------------
# Files that say with what things were built, rewritten only when that changes: another compiler or
# other flags rebuild everything; a source that comes or goes makes the libraries anew.
remember = @mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' > $@
$(B)/flags: FORCE
	$(call remember,$(CC) $(CFLAGS) $(LDFLAGS))
$(B)/sources: FORCE
	$(call remember,$(LIBRARY) $(MODULES) $(WORKERS) $(TEST_WORKERS) $(call find,workers,*.c))

# The commit that the programs tell: of git, or of IDPMC_COMMIT where there is no repository.
IDPMC_COMMIT ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
$(B)/commit: FORCE
	$(call remember,$(IDPMC_COMMIT))
$(B)/obj/shared/runtime/version.o: $(B)/commit
$(B)/obj/shared/runtime/version.o: private CFLAGS += -DIDPMC_COMMIT='"$(IDPMC_COMMIT)"'

define compile
	@mkdir -p $(@D); echo "  compile $<"
	$(Q)$(CC) $(CFLAGS) -Ishared -I$(GEN) $(INCLUDE) $(PACKAGE_CFLAGS) -MMD -MP -c $< -o $@
endef
define link
	@mkdir -p $(@D); echo "  link    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ -Wl,--start-group $(filter %.o %.a,$^) -Wl,--end-group $(PACKAGE_LIBS)
endef

$(B)/obj/%.o: %.c $(B)/flags
	$(compile)
$(B)/obj/gen/%.o: $(B)/gen/%.c $(B)/flags
	$(compile)
$(B)/obj/test-gen/%.o: $(B)/test-gen/%.c $(B)/flags
	$(compile)
$(B)/tests/%.main.o: $(B)/tests/%.main.c $(B)/flags
	$(compile)

# Tests see the released contracts and their own.
GEN = $(B)/gen
$(B)/obj/tests/%.o $(B)/obj/test-gen/%.o: private GEN = $(B)/test-gen
$(B)/obj/tests/%.o $(B)/tests/%.main.o: private INCLUDE = -Itests

%.a:
	@mkdir -p $(@D); rm -f $@; echo "  archive $@"
	$(Q)ar rcs $@ $(filter %.o,$^)

$(B)/libidpmc.a: $(call objects,$(LIBRARY)) $(B)/sources

# ---- contracts: generated, and touched only where their content changes -----------------------------
$(B)/contracts-generator: $(call objects,$(GENERATOR) $(wildcard shared/base/*.c))
	$(link)

# $(1) folder under B, $(2) folders of contracts, $(3) modules
define generated
$(B)/$(1)/stamp: $(B)/contracts-generator $(wildcard $(2:%=%/*.yaml)) $(2)
	@rm -rf $(B)/$(1).new; mkdir -p $(B)/$(1).new/contracts $(B)/$(1)/contracts
	@echo "  generate $(B)/$(1)"
	$$(Q)$(B)/contracts-generator --out $(B)/$(1).new $(2:%=--contracts %)
	@cd $(B)/$(1).new && find . -type f | while read -r file; do \
		cmp -s $$$$file ../$(1)/$$$$file || cp $$$$file ../$(1)/$$$$file; done
	@rm -rf $(B)/$(1).new && touch $$@

$(foreach m,$(3),$(addprefix $(B)/$(1)/contracts/$(m),.h .c _ids.h _emit.h)) $(B)/$(1)/messages.c: $(B)/$(1)/stamp ;

$(B)/$(1)/libcontracts.a: $(patsubst %,$(B)/obj/$(1)/contracts/%.o,$(3)) $(B)/obj/$(1)/messages.o
endef

ifneq ($(GENERATOR),)
$(eval $(call generated,gen,$(CONTRACTS),$(MODULES)))
$(eval $(call generated,test-gen,$(CONTRACTS) $(TEST_CONTRACTS),$(MODULES) $(TEST_WORKERS)))
$(call objects,$(call find,workers,*.c)) $(call objects,$(FLEETCTL)): | $(B)/gen/stamp
$(call objects,$(call find,tests,*.c)): | $(B)/test-gen/stamp
$(MODULES:%=$(B)/obj/gen/contracts/%.o): | $(B)/gen/stamp
$(patsubst %,$(B)/obj/test-gen/contracts/%.o,$(MODULES) $(TEST_WORKERS)): | $(B)/test-gen/stamp
endif

# The tables of workers: of a whole fleet, and of each worker alone.
define registry
	@mkdir -p $(@D); echo "  generate $@"
	$(Q)$< --registry $@ --workers $(subst $() ,$(comma),$(strip $(1)))
endef
$(B)/gen/registry.c: $(B)/contracts-generator $(B)/sources
	$(call registry,$(WORKERS))
$(B)/test-gen/registry.c: $(B)/contracts-generator $(B)/sources
	$(call registry,$(WORKERS) $(TEST_WORKERS))
$(B)/gen/registry-%.c: $(B)/contracts-generator
	$(call registry,$*)

# ---- workers: each is one object with one exported symbol -----------------------------------------
# $(1) the worker's name, $(2) its folder, $(3) the symbols that it exports
define worker
$(B)/workers/$(1).o: $(call objects,$(call find,$(2),*.c)) $(B)/sources
	@mkdir -p $$(@D); echo "  link    $$@"
	$$(Q)ld -r -o $$@ $$(filter %.o,$$^) && objcopy --wildcard --keep-global-symbol='$(3)' $$@
endef
$(foreach name,$(WORKERS),$(eval $(call worker,$(name),workers/$(name),worker_$(name))))
$(foreach name,$(TEST_WORKERS),$(eval $(call worker,$(name),tests/support/$(name),worker_$(name))))
$(if $(INGRESS),$(eval $(call worker,ingress,workers/ingress,ingress_*)))

WORKER_OBJECTS = $(WORKERS:%=$(B)/workers/%.o)
TEST_WORKER_OBJECTS = $(WORKER_OBJECTS) $(TEST_WORKERS:%=$(B)/workers/%.o)

# ---- programs ------------------------------------------------------------------------------------
# $(1) folder of the programs, $(2) folder of the generated code, $(3) the workers' objects
define fleet
$(1)/fleet $(1)/ingress: $(1)/%: $(B)/obj/shared/runtime/main/%.o $(B)/obj/$(2)/registry.o \
		$(B)/workers/ingress.o $(3) $(B)/$(2)/libcontracts.a $(B)/libidpmc.a
	$$(link)

$(1)/worker-%: $(B)/obj/shared/runtime/main/worker.o $(B)/obj/gen/registry-%.o $(B)/workers/%.o \
		$(B)/$(2)/libcontracts.a $(B)/libidpmc.a
	$$(link)
endef
$(eval $(call fleet,$(BIN),gen,$(WORKER_OBJECTS)))
$(eval $(call fleet,$(B)/tests/bin,test-gen,$(TEST_WORKER_OBJECTS)))

$(BIN)/fleetctl: $(call objects,$(FLEETCTL)) $(B)/libfleet.a $(B)/gen/libcontracts.a $(B)/libidpmc.a
	$(link)

# ---- documents: what clients are made from -----------------------------------------------------------
$(B)/gen/openapi.json $(B)/gen/asyncapi.json: $(B)/gen/%.json: $(BIN)/fleetctl
	@echo "  describe $@"
	$(Q)$< describe $* > $@

$(B)/gen/schema/stamp: $(BIN)/fleetctl
	@rm -rf $(@D); mkdir -p $(@D); echo "  describe $(@D)"
	$(Q)$< describe schema > $(@D)/messages.json
	$(Q)for type in $$($< describe types); do $< describe schema $$type > $(@D)/$$type.json; done
	@touch $@

# For those who may, but need not, look at the workers.
$(B)/libfleet.a: $(B)/obj/gen/registry.o $(WORKER_OBJECTS)
$(B)/tests/libfleet.a: $(B)/obj/test-gen/registry.o $(TEST_WORKER_OBJECTS)

# ---- tests ---------------------------------------------------------------------------------------
# A test file's main is a CUnit table of its `void test_...(void)` functions.
$(B)/tests/%.main.c: tests/%.c tests/support/make_main
	@mkdir -p $(@D)
	@tests/support/make_main $< > $@

$(B)/tests/libsupport.a: $(call objects,$(wildcard tests/support/*.c))

# The workers whose headers a file includes.
included = $(sort $(shell sed -n 's|^.include "../\(workers/[a-z]*\)/.*|\1|p' $(1) </dev/null))

# A test links with what it needs of the worker or program whose folder it mirrors, or whose headers it
# includes: plain objects.
tested = $(call objects,$(filter-out %/main.c,$(call find,$(1),*.c)))
mirrored = $(word 1,$(subst /, ,$(1)))/$(word 2,$(subst /, ,$(1)))
mirror = $(if $(filter shared/%,$(1)),,$(B)/tests/mirrored/$(call mirrored,$(1)).a)
$(foreach folder,$(sort $(foreach test,$(UNIT:tests/unit/%.c=%),$(call mirrored,$(test)))),\
	$(eval $(B)/tests/mirrored/$(folder).a: $(call tested,$(folder))))
contracts_library = $(if $(GENERATOR),$(B)/test-gen/libcontracts.a)
fleet_library = $(if $(GENERATOR),$(B)/tests/libfleet.a)

define test_program
$(B)/tests/$(1): $(B)/obj/tests/$(1).o $(B)/tests/$(1).main.o $(2) $(B)/tests/libsupport.a $(B)/libidpmc.a
	$$(link)
endef
$(foreach test,$(UNIT:tests/%.c=%),$(eval $(call test_program,$(test),\
	$(call mirror,$(test:unit/%=%)) $(contracts_library))))
$(foreach test,$(INTEGRATION:tests/%.c=%),$(eval $(call test_program,$(test),\
	$(patsubst %,$(B)/tests/mirrored/%.a,$(call included,tests/$(test).c)) $(fleet_library) $(contracts_library))))

# A fuzz target links with whatever of this it needs; what it defines itself stands in for ours.
FUZZED := workers/ingress contracts/generator
$(foreach folder,$(FUZZED),$(eval $(B)/tests/fuzzed/$(folder).a: $(call tested,$(folder))))
$(FUZZ_PROGRAMS): private LDFLAGS += -fsanitize=fuzzer
$(FUZZ_PROGRAMS): $(B)/tests/%: $(B)/obj/tests/%.o $(FUZZED:%=$(B)/tests/fuzzed/%.a) $(fleet_library) \
		$(contracts_library) $(B)/tests/libsupport.a $(B)/libidpmc.a
	$(link)

# What the gate counts are the objects of the released programs.
define gate_program
$(B)/tests/$(1): $(B)/obj/tests/$(1).o $(B)/obj/tests/gate/main.o $(2:%=$(B)/tests/gated/%.a) \
		$(contracts_library) $(B)/libidpmc.a
	$$(link)
endef
$(foreach folder,$(call included,$(GATE)),$(eval $(B)/tests/gated/$(folder).a: $(call tested,$(folder))))
$(foreach part,$(GATE:tests/%.c=%),$(eval $(call gate_program,$(part),$(call included,tests/$(part).c))))

# Where memory runs out: tests that are named so, and programs of the tests' workers.
STARVED := $(addprefix -Wl$(comma)--wrap=,malloc calloc realloc reallocarray strdup strndup \
	arena_alloc arena_array arena_copy arena_printf)
$(filter %_memory,$(UNIT_PROGRAMS) $(INTEGRATION_PROGRAMS)): private LDFLAGS += $(STARVED)
$(B)/tests/bin/worker-%-malloc: private LDFLAGS += $(STARVED)
$(B)/tests/bin/worker-%-malloc: $(B)/obj/shared/runtime/main/worker.o $(B)/obj/gen/registry-%.o \
		$(B)/workers/%.o $(B)/test-gen/libcontracts.a $(B)/tests/libsupport.a $(B)/libidpmc.a
	$(link)

# What the benchmarks measure us by.
$(LIMITS): $(B)/tests/%: $(B)/obj/tests/%.o $(B)/libidpmc.a
	$(link)
$(B)/tests/bench/limits/rows $(B)/tests/bench/limits/replay: $(B)/obj/tests/bench/pipeline.o
$(B)/tests/bench/limits/rows: $(call objects,tests/bench/population.c tests/bench/row_batches.c)

# A worker that writes down what it says to libpq, for the limit that says it again.
RECORDED := $(addprefix -Wl$(comma)--wrap=,PQsendPrepare PQsendQueryPrepared PQpipelineSync PQgetResult PQfinish)
$(B)/tests/bench/worker-%-recorded: private LDFLAGS += $(RECORDED)
$(B)/tests/bench/worker-%-recorded: $(B)/obj/shared/runtime/main/worker.o $(B)/obj/gen/registry-%.o \
		$(B)/workers/%.o $(B)/obj/tests/bench/recorder/recorder.o $(B)/gen/libcontracts.a $(B)/libidpmc.a
	$(link)

$(B)/tests/bench/bench: $(call objects,$(wildcard tests/bench/*.c)) $(B)/tests/libsupport.a \
		$(B)/test-gen/libcontracts.a $(B)/libidpmc.a
	$(link)

# The fault suite's load, judge, supervisor and bad network, and the clock that programs are given.
$(B)/tests/chaos/chaos: $(call objects,$(wildcard tests/chaos/*.c)) $(B)/test-gen/libcontracts.a $(B)/libidpmc.a
	$(link)

$(B)/tests/chaos/clock.so: tests/chaos/clock/clock.c $(B)/flags
	@mkdir -p $(@D); echo "  link    $@"
	$(Q)$(CC) $(filter-out -fsanitize=%,$(CFLAGS)) -fPIC -shared -o $@ $<

FORCE:

-include $(shell find $(B) -name '*.d' 2>/dev/null)
