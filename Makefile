# refcow: build, test, lint, fuzz. `make help` lists the targets. Everything that is made goes to build/.
# CC, CLANG, CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS may be set on the command line.

CFLAGS ?= -O3 -g
CLANG := $(or $(CLANG),$(notdir $(shell command -v clang-19 || command -v clang || echo clang)))
TARGET = check
TIME = 60
SEED = 1
SECONDS = 60

WARNINGS = -pedantic -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wcast-align -Wcast-qual -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wundef -Wdouble-promotion -Wformat=2
SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
export CC CLANG WARNINGS

# What the suites try, and what they hold it against.
CHECKER ?=
QEMU_IMG ?= $(shell command -v qemu-img)
tools = REFCOW="$(CURDIR)/build/refcow" DAMAGE="$(CURDIR)/build/damage" CHECKER="$(CHECKER)" QEMU_IMG="$(QEMU_IMG)"

PARSER = $(wildcard parser/*.c)
# Each harness is fuzz/fuzz_NAME.c; what they share is in the other files.
HARNESSES = $(patsubst fuzz/fuzz_%.c,%,$(wildcard fuzz/fuzz_*.c))
MUTATOR = $(addprefix fuzz/,mutator.c boundaries.c edit.c extents.c image_features.c places.c)
SHARED = $(filter-out fuzz/fuzz_%.c fuzz/replay.c fuzz/%_mutator.c fuzz/mutator_test.c,$(wildcard fuzz/*.c))
# In corpus/hostile/ are recipes, of images that are too large to be here.
INPUTS = $(filter-out corpus/hostile/,$(wildcard corpus/*/)) fuzz/sparse/
plain = $(patsubst %.c,build/plain/%.o,$(1))
sanitized = $(patsubst %.c,build/sanitized/%.o,$(1))
fuzzing = $(patsubst %.c,build/fuzzing/%.o,$(1))
measured = $(patsubst %.c,build/coverage/%.o,$(1))
# Run commands one after the other; fail in the end if one has failed.
each = @failed=0; for command in $(1); do echo "$$command"; $$command || failed=1; done; exit $$failed

## all             the command build/refcow and the library build/librefcow.a
all: build/refcow build/librefcow.a

## demo            a real image checked, damaged and checked again; installs what is missing
demo:
	scripts/setup demo
	$(MAKE) build/refcow build/damage
	scripts/demo

## test            every test there is; installs what is missing
test:
	scripts/setup test
	scripts/test

## check           C tests and the corpus under ASan and UBSan; needs a C compiler and nothing else
check: build/api_test build/corpus_test build/mutator_test $(HARNESSES:%=build/replay_%)
	$(call each,build/api_test build/corpus_test "build/mutator_test $(wildcard corpus/*/*.qcow2 fuzz/sparse/*)" \
	    $(HARNESSES:%="build/replay_% $(INPUTS)"))

## coverage        what the tests reach of the parser, all of it or fail: build/coverage/html; installs what is missing
coverage:
	scripts/setup coverage
	$(MAKE) $(addprefix build/coverage/,api_test corpus_test $(HARNESSES:%=replay_%))
	scripts/coverage build/coverage/api_test build/coverage/corpus_test $(HARNESSES:%="build/coverage/replay_% $(INPUTS)")

## conformance     real images and planted cases, compared with qemu-img; CHECKER='COMMAND' tries another checker's cases
conformance: build/refcow build/damage
	$(if $(CHECKER),,$(tools) bats --jobs 2 --no-parallelize-within-files conformance)
	$(tools) conformance/run-cases

## conformance-random  random images, randomly damaged: make conformance-random SEED=1 SECONDS=60 [CASES=1]
conformance-random: build/refcow build/damage
	$(tools) conformance/random $(SEED) $(SECONDS) $(CASES)

## lint            warnings, symbols, stack, includes, vendoring, shell, format
lint:
	scripts/lint

## fuzz            a harness under libFuzzer: make fuzz TARGET=check|faults|header|model|sparse TIME=60 (seconds)
fuzz: build/fuzz_$(TARGET)
	mkdir -p build/fuzz/$(TARGET)
	build/fuzz_$(TARGET) -max_total_time=$(TIME) -max_len=131072 -timeout=10 -dict=fuzz/qcow2.dict -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/$(TARGET)- build/fuzz/$(TARGET) $(INPUTS)

## instructions    instructions of fixed images, by valgrind, against the numbers on record in scripts/instructions.tsv
instructions: build/refcow build/damage
	scripts/instructions

## bench           time and memory beside qemu-img check, and the goals: make bench [ONLY=mapped], or PLOT=1 for a plot
bench:
	scripts/setup bench
	$(MAKE) build/refcow build/bare_read
	scripts/bench/$(if $(PLOT),plot,run $(ONLY))

## clean           remove build/
clean:
	rm -rf build

## help            this list
help:
	@sed -n 's/^## /make /p' Makefile

build/librefcow.a: $(call plain,$(PARSER))
	rm -f $@
	$(AR) rcs $@ $^
build/refcow: $(call plain,$(wildcard cli/*.c)) build/librefcow.a
build/damage: $(call plain,conformance/damage.c)
build/bare_read: $(call plain,scripts/bench/bare_read.c) build/librefcow.a
build/refcow build/damage build/bare_read:
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

build/api_test: $(call sanitized,$(wildcard conformance/api_*.c) conformance/image_builder.c $(PARSER))
build/corpus_test: $(call sanitized,conformance/corpus_test.c $(PARSER))
build/api_test build/corpus_test:
	$(CC) $(SANITIZE) -o $@ $^
build/mutator_test: $(call sanitized,fuzz/mutator_test.c $(MUTATOR))
	$(CC) $(SANITIZE) -o $@ $^
build/replay_%: $(call sanitized,fuzz/fuzz_%.c fuzz/replay.c $(SHARED) $(PARSER))
	$(CC) $(SANITIZE) -o $@ $^
build/coverage/api_test: $(call measured,$(wildcard conformance/api_*.c) conformance/image_builder.c $(PARSER))
build/coverage/corpus_test: $(call measured,conformance/corpus_test.c $(PARSER))
build/coverage/replay_%: $(call measured,fuzz/fuzz_%.c fuzz/replay.c $(SHARED) $(PARSER))
	$(CLANG) -fprofile-instr-generate -o $@ $^
build/coverage/api_test build/coverage/corpus_test:
	$(CLANG) -fprofile-instr-generate -o $@ $^
build/fuzz_%: $(call fuzzing,fuzz/fuzz_%.c fuzz/libfuzzer_mutator.c $(SHARED) $(PARSER))
	$(CLANG) $(SANITIZE) -fsanitize=fuzzer -o $@ $^

# The parser is C99. All the rest is C11 and sees the parser's public header.
language = $(if $(filter parser/%,$<),-std=c99,-std=c11 -Iparser) $(WARNINGS) -MMD -MP
build/plain/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(language) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
build/sanitized/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(language) $(SANITIZE) -c -o $@ $<
# Only the parser is to be covered: a harness that is instrumented too takes most of the time. So do traced comparisons,
# which a mutator that knows the fields can do without.
COVERAGE = -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp
build/fuzzing/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(language) $(SANITIZE) $(if $(filter parser/%,$<),$(COVERAGE)) -c -o $@ $<
# Only the parser is measured. A decision that clang cannot follow is a warning that -Werror does not see, and nobody
# counts it afterwards: whatever the compiler says is an error here.
MEASURE = -O0 -g -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc
build/coverage/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(language) $(if $(filter parser/%,$<),$(MEASURE),-O1) -c -o $@ $< 2>$@.log && test ! -s $@.log || \
	    { cat $@.log; false; }
-include $(wildcard build/*/*/*.d build/*/*/*/*.d)

.PHONY: all demo test check coverage conformance lint fuzz instructions bench clean help
.SECONDARY:
.DELETE_ON_ERROR:
