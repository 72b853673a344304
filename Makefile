# refcow: build, test, lint, fuzz. `make help` lists the targets. Everything that is made goes to build/.
# CC, CLANG, CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS may be set on the command line.

CFLAGS ?= -O3 -g
# Looked up where it is first used: a rule may run scripts/setup before it runs make again.
CLANG ?= $(eval CLANG := $(shell scripts/find-clang))$(CLANG)
TARGET = check
TIME = 60
SEED = 1
SECONDS = 60

WARNINGS = -pedantic -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wcast-align -Wcast-qual -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wundef -Wdouble-promotion -Wformat=2
REPORTING = -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
SANITIZE = $(REPORTING) -fsanitize=address,undefined
PARSER_SANITIZE =
PREFIX = /usr/local
LIBDIR = $(PREFIX)/lib
version := $(shell sed -n 's/^\#define REFCOW_VERSION_TEXT "\(.*\)"$$/\1/p' parser/refcow.h)
# Structures may change with the minor version; then programs have to be compiled again.
soname = librefcow.so.$(basename $(version))
# Where shells look for what completes a command's words.
for_bash = share/bash-completion/completions/refcow
for_zsh = share/zsh/site-functions/_refcow
for_fish = share/fish/vendor_completions.d/refcow.fish
# What C allows and nobody may have meant: unsigned numbers that wrap, values that do not fit where they go.
DOUBTFUL = -fsanitize=integer,implicit-conversion,local-bounds,nullability
# What is made is here; check-sanitizers makes the same with other sanitizers elsewhere, check-amalgamation from other
# files, portability for other machines.
out = build
parser = parser
export CC WARNINGS
export AFL_QUIET = 1

# What the suites try. With which QEMU they compare, conformance/lib/tools.bash decides: make QEMU_IMG=/path/to/qemu-img.
CHECKER ?=
tools = REFCOW="$(CURDIR)/build/refcow" DAMAGE="$(CURDIR)/build/damage" \
	SANDBOX_TEST="$(CURDIR)/build/sandbox_test" CHECKER="$(CHECKER)"

PARSER = $(wildcard $(parser)/*.c)
# What the command can do without: libseccomp, to confine itself, and libnbd, for images on servers. For the files that
# need them others stand in.
PKG_CONFIG ?= pkg-config
library = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo $(1))
LIBSECCOMP := $(call library,libseccomp)
LIBNBD := $(call library,libnbd)
all_of_cli := $(wildcard cli/*.c cli/*/*.c)
sandbox_none = cli/sandbox/none.c
need_libseccomp = $(filter-out $(sandbox_none) cli/sandbox/sandbox.c,$(filter cli/sandbox/%,$(all_of_cli)))
nbd_none = cli/image/nbd_none.c
need_libnbd = $(filter-out $(nbd_none),$(filter cli/image/nbd%,$(all_of_cli)))
COMMAND = $(filter-out $(if $(LIBSECCOMP),$(sandbox_none),$(need_libseccomp)) \
	$(if $(LIBNBD),$(nbd_none),$(need_libnbd)),$(all_of_cli))
COMMAND_ALONE = $(filter-out $(need_libseccomp) $(need_libnbd),$(all_of_cli))
# Each other test in conformance/api is a program of its own.
API_TEST = $(filter-out %/corpus_test.c %/sandbox_test.c,$(wildcard conformance/api/*.c))
# Each harness is fuzz/harnesses/fuzz_NAME.c; what they share is in other folders.
HARNESSES = $(patsubst fuzz/harnesses/fuzz_%.c,%,$(wildcard fuzz/harnesses/fuzz_*.c))
MUTATOR = $(filter-out %_test.c,$(wildcard fuzz/mutator/*.c))
for_libfuzzer = fuzz/engines/libfuzzer_mutator.c $(MUTATOR)
SHARED = $(wildcard $(addprefix fuzz/,input/*.c run/*.c model/*.c oracles/*.c))
# In corpus/hostile/ are recipes, of images that are too large to be here.
INPUTS = $(filter-out corpus/hostile/,$(wildcard corpus/*/)) fuzz/sparse/
plain = $(patsubst %.c,$(out)/plain/%.o,$(1))
shared = $(patsubst %.c,build/shared/%.o,$(1))
sanitized = $(patsubst %.c,$(out)/sanitized/%.o,$(1))
fuzzing = $(patsubst %.c,build/fuzzing/%.o,$(1))
measured = $(patsubst %.c,build/coverage/%.o,$(1))
# Of the harness, for every engine.
options = $(shell sed -n 's/^\(.*\) = /-\1=/p' fuzz/harnesses/fuzz_$(TARGET).options)
afl = $(patsubst %.c,build/afl-objects/%.o,$(1))
cmplog = $(patsubst %.c,build/cmplog-objects/%.o,$(1))
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

## test-quick      lint, check, and conformance less its long suites: about three minutes; installs what is missing
test-quick:
	scripts/setup quick
	scripts/test quick

## fresh           both commands on fresh machines, in roots made by debootstrap: make fresh [SYSTEMS='bookworm trixie sid']
fresh:
	scripts/setup fresh
	scripts/fresh $(SYSTEMS)

## check           C tests and the corpus under ASan and UBSan; needs a C compiler and nothing else
check: $(addprefix $(out)/,api_test corpus_test mutator_test $(HARNESSES:%=replay_%))
	$(call each,$(out)/api_test $(out)/corpus_test "$(out)/mutator_test $(wildcard corpus/*/*.qcow2 fuzz/sparse/*)" \
	    $(HARNESSES:%="$(out)/replay_% $(INPUTS)"))

## check-sanitizers  the same under MSan, and under UBSan with the checks of legal but doubtful arithmetic
check-sanitizers:
	$(MAKE) check out=build/memory CC=$(CLANG) SANITIZE="$(REPORTING) -fsanitize=memory -fsanitize-memory-track-origins=2"
	$(MAKE) check out=build/integer CC=$(CLANG) SANITIZE="$(REPORTING) -fsanitize=undefined" \
	    PARSER_SANITIZE="$(DOUBTFUL) -fsanitize-ignorelist=fuzz/engines/integer.ignorelist"

## check-amalgamation  the same, of the library in two files
check-amalgamation: amalgamation
	$(MAKE) check out=build/one-file parser=build/amalgamation

## check-vendor    install, uninstall; the library in C, Rust, Go, Python and JavaScript; installs tools that are missing
check-vendor:
	scripts/setup vendor
	$(MAKE) all build/damage build/librefcow.so amalgamation
	+conformance/vendor/run

## check-dist      the release, made twice and again in a clone; unpacked, built, checked
check-dist:
	scripts/check-dist

## coverage        what the tests reach of the parser, all of it or fail: build/coverage/html; installs what is missing
coverage:
	scripts/setup coverage
	$(MAKE) $(addprefix build/coverage/,api_test corpus_test $(HARNESSES:%=replay_%))
	scripts/coverage build/coverage/api_test build/coverage/corpus_test $(HARNESSES:%="build/coverage/replay_% $(INPUTS)")

## portability     other compilers, C libraries and machines: the same answers? installs what is missing
portability:
	scripts/setup portability
	$(MAKE) build/damage build/refcow
	scripts/portability/run

## conformance     real images and planted cases, compared with qemu-img; CHECKER='COMMAND' tries another checker's cases
conformance: build/refcow build/damage build/sandbox_test
	$(if $(CHECKER),,$(tools) bats --jobs 2 --no-parallelize-within-files conformance/suites)
	$(tools) conformance/tools/run-cases

## conformance-quick  the suites that take seconds: those without the tag `long`
conformance-quick: build/refcow build/damage build/sandbox_test
	$(tools) bats --jobs 2 --no-parallelize-within-files --filter-tags '!long' conformance/suites

## conformance-random  random images, randomly damaged: make conformance-random SEED=1 SECONDS=60 [CASES=1]
conformance-random: build/refcow build/damage
	$(tools) conformance/tools/random $(SEED) $(SECONDS) $(CASES)

## lint            warnings, symbols, stack, includes, vendoring, shell, format
lint: build/policies.h
	scripts/lint

## analyze         static analysis: gcc -fanalyzer, cppcheck, clang-tidy; installs what is missing
analyze: build/policies.h
	scripts/setup analyze
	scripts/analyze

## prove           Frama-C: that the parser does nothing undefined; installs what is missing
prove:
	scripts/setup prove
	scripts/prove

## fuzz            a harness under libFuzzer: make fuzz TARGET=check|cost|faults|gate|header|model|sparse TIME=60
fuzz: build/fuzz_$(TARGET)
	mkdir -p build/fuzz/$(TARGET)
	build/fuzz_$(TARGET) -max_total_time=$(TIME) $(options) -dict=fuzz/engines/qcow2.dict -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/$(TARGET)- build/fuzz/$(TARGET) $(INPUTS)

## fuzz-afl        a harness under AFL++ on two cores: make fuzz-afl TARGET=model TIME=60; goes on from an earlier run
fuzz-afl: build/afl_$(TARGET) build/cmplog_$(TARGET) build/afl_mutator.so
	scripts/afl $(TARGET) $(TIME) $(INPUTS)

## harnesses       build/harnesses/fuzz_*, with the compilers, flags and engine of the environment: fuzz/oss-fuzz/build.sh
harnesses: $(HARNESSES:%=build/harnesses/fuzz_%)

## simulate-oss-fuzz  fuzz/oss-fuzz/build.sh as OSS-Fuzz runs it, for each engine and sanitizer
simulate-oss-fuzz:
	scripts/simulate-oss-fuzz

## fuzz-canaries   do tests and fuzzers find planted defects? make fuzz-canaries TIME=60 [ONLY='NAME...'] (seconds each)
fuzz-canaries:
	TIME=$(TIME) SEED=$(SEED) ONLY='$(ONLY)' scripts/canaries run

## instructions    instructions of fixed images, by valgrind, against the numbers on record in scripts/instructions.tsv
instructions: build/refcow build/damage
	scripts/instructions

## bench           time and memory beside qemu-img check, and the goals: make bench [ONLY=mapped|units], or PLOT=1 for a plot
bench:
	scripts/setup bench
	$(MAKE) build/refcow build/bare_read
	scripts/bench/$(if $(PLOT),plot,run $(ONLY))

## pictures        the pictures in README.md, of what the command prints now; installs what is missing
pictures:
	scripts/setup pictures
	$(MAKE) build/refcow build/damage
	scripts/pictures/run make

## amalgamation    the library in two files: build/amalgamation/refcow.c and refcow.h
amalgamation: build/amalgamation/refcow.c

## install         command, manual page, completion, library, header: make install PREFIX=/usr/local DESTDIR= LIBDIR=PREFIX/lib
install: build/refcow build/librefcow.a build/librefcow.so build/amalgamation/refcow.c
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin include) $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 755 build/refcow $(DESTDIR)$(PREFIX)/bin/refcow
	install -m 644 build/amalgamation/refcow.h $(DESTDIR)$(PREFIX)/include/refcow.h
	install -D -m 644 cli/refcow.1 $(DESTDIR)$(PREFIX)/share/man/man1/refcow.1
	install -D -m 644 cli/completion/refcow.bash $(DESTDIR)$(PREFIX)/$(for_bash)
	install -D -m 644 cli/completion/_refcow $(DESTDIR)$(PREFIX)/$(for_zsh)
	install -D -m 644 cli/completion/refcow.fish $(DESTDIR)$(PREFIX)/$(for_fish)
	install -d $(DESTDIR)$(PREFIX)/share/refcow/policies
	install -m 644 cli/policy/*.policy $(DESTDIR)$(PREFIX)/share/refcow/policies
	install -m 644 build/librefcow.a $(DESTDIR)$(LIBDIR)/librefcow.a
	install -m 755 build/librefcow.so $(DESTDIR)$(LIBDIR)/librefcow.so.$(version)
	ln -sf librefcow.so.$(version) $(DESTDIR)$(LIBDIR)/$(soname)
	ln -sf $(soname) $(DESTDIR)$(LIBDIR)/librefcow.so
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(version)|' scripts/refcow.pc.in \
	    >$(DESTDIR)$(LIBDIR)/pkgconfig/refcow.pc

## uninstall       remove what install has put there, given the same names
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/refcow include/refcow.h share/man/man1/refcow.1 $(for_bash) $(for_zsh) \
	    $(for_fish)) $(addprefix $(DESTDIR)$(LIBDIR)/, \
	    librefcow.a librefcow.so.$(version) $(soname) librefcow.so pkgconfig/refcow.pc)
	rm -rf $(DESTDIR)$(PREFIX)/share/refcow

## dist            build/dist/: the last commit as a tarball, its SHA-256 and its SPDX bill of materials
dist:
	scripts/dist

## clean           remove build/
clean:
	rm -rf build

## help            this list
help:
	@sed -n 's/^## /make /p' Makefile

build/librefcow.a: $(call plain,$(PARSER))
	rm -f $@
	$(AR) rcs $@ $^
# Exported is what the header declares, nothing else.
build/librefcow.so: $(call shared,$(PARSER)) build/exports.map
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(soname) -Wl,--version-script=build/exports.map -Wl,-z,defs -o $@ \
	    $(filter %.o,$^)
build/exports.map: parser/gate.h parser/gate_rules.h parser/refcow.h parser/codes.h Makefile
	@mkdir -p $(@D)
	echo '{ global:' >$@
	$(CC) -E -P $< | grep -o 'refcow_[a-z0-9_]* *(' | tr '(' ';' >>$@
	echo 'local: *; };' >>$@
build/amalgamation/refcow.c: scripts/amalgamate LICENSE $(wildcard parser/*.[ch])
	scripts/amalgamate $(@D)
build/refcow: $(call plain,$(COMMAND)) build/librefcow.a build/with-$(LIBSECCOMP)-$(LIBNBD)
build/refcow build/sandbox_test: LDLIBS += $(if $(LIBSECCOMP),$(shell $(PKG_CONFIG) --libs libseccomp)) $(if $(LIBNBD),-ldl)
build/plain/cli/%.o build/plain/conformance/api/sandbox_test.o: CPPFLAGS += $(if $(LIBSECCOMP)$(LIBNBD),$(shell $(PKG_CONFIG) --cflags $(LIBSECCOMP) $(LIBNBD)))
# The presets of refcow gate are files, and in the command.
$(out)/plain/cli/policy/policy.o: build/policies.h
build/policies.h: $(wildcard cli/policy/*.policy) Makefile
	@mkdir -p $(@D)
	{ printf 'static const struct {\n    const char *name;\n    const char *text;\n} policy_files[] = {\n'; \
	    for file in $(sort $(filter %.policy,$^)); do \
	        printf '{"%s",\n' "$$(basename "$$file" .policy)"; \
	        sed 's/[\\"]/\\&/g; s/.*/ "&\\n"/' "$$file"; \
	        echo '},'; \
	    done; echo '};'; } >$@
# Made again when another choice of libraries is found, and the command with it.
build/with-%:
	@mkdir -p build && rm -f build/with-* && touch $@
	$(if $(LIBSECCOMP),,@echo "libseccomp is not installed: refcow is built without the most of its sandbox")
	$(if $(LIBNBD),,@echo "libnbd is not installed: refcow is built without remote images")
build/damage: $(call plain,conformance/tools/damage.c)
build/sandbox_test: $(call plain,conformance/api/sandbox_test.c $(filter cli/sandbox/%,$(COMMAND)))
build/bare_read: $(call plain,scripts/bench/bare_read.c) build/librefcow.a
build/refcow build/damage build/sandbox_test build/bare_read:
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LDLIBS)

# For other machines: no sanitizer, no archive, no libraries.
$(out)/plain/refcow: $(call plain,$(COMMAND_ALONE) $(PARSER))
$(out)/plain/api_test: $(call plain,$(API_TEST) $(PARSER))
$(out)/plain/corpus_test: $(call plain,conformance/api/corpus_test.c $(PARSER))
$(out)/plain/refcow $(out)/plain/api_test $(out)/plain/corpus_test:
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# fuzz_cost.c counts what the parser does (fuzz/input/meter.h): for it the parser has objects of its own, in folders `metered`.
.SECONDEXPANSION:
for_harness = $(if $(filter cost,$*),$(PARSER:%=metered/%),$(PARSER))
wrap_edges = -Wl,--wrap=__sanitizer_cov_trace_pc
wrap = $(if $(filter cost,$*),$(wrap_edges))
source = $(patsubst metered/%,%,$*).c
meter = $(if $(filter metered/%,$*),$(METER))
METER = -fno-builtin $(foreach function,memcpy memmove memset memcmp,-D$(function)=metered_$(function)) \
	-fno-sanitize=undefined -fsanitize-coverage=trace-pc \
	$(if $(findstring unsigned-integer-overflow,$(CFLAGS)),-fno-sanitize=unsigned-integer-overflow)
# afl-clang-fast takes the last one of these out of its arguments. Clang, which it calls, adds it again.
metered = $(if $(filter metered/%,$*),CCC_OVERRIDE_OPTIONS='# +-fsanitize-coverage=trace-pc')

$(out)/api_test: $(call sanitized,$(API_TEST) $(PARSER))
$(out)/corpus_test: $(call sanitized,conformance/api/corpus_test.c $(PARSER))
$(out)/api_test $(out)/corpus_test:
	$(CC) $(SANITIZE) -o $@ $^
$(out)/mutator_test: $(call sanitized,fuzz/mutator/mutator_test.c fuzz/engines/afl_mutator.c fuzz/input/extents.c $(MUTATOR))
	$(CC) $(SANITIZE) -o $@ $^
$(out)/replay_%: $(call sanitized,fuzz/harnesses/fuzz_%.c fuzz/engines/replay.c $(SHARED)) $$(call sanitized,$$(for_harness))
	$(CC) $(SANITIZE) $(wrap) -o $@ $^
build/coverage/api_test: $(call measured,$(API_TEST) $(PARSER))
build/coverage/corpus_test: $(call measured,conformance/api/corpus_test.c $(PARSER))
build/coverage/replay_%: $(call measured,fuzz/harnesses/fuzz_%.c fuzz/engines/replay.c $(SHARED)) $$(call measured,$$(for_harness))
	$(CLANG) -fprofile-instr-generate $(wrap) -o $@ $^
build/coverage/api_test build/coverage/corpus_test:
	$(CLANG) -fprofile-instr-generate -o $@ $^
build/fuzz_%: $(call fuzzing,fuzz/harnesses/fuzz_%.c $(for_libfuzzer) $(SHARED)) $$(call fuzzing,$$(for_harness))
	$(CLANG) $(SANITIZE) -fsanitize=fuzzer $(wrap) -o $@ $^
build/afl_%: $(call afl,fuzz/harnesses/fuzz_%.c $(SHARED)) $$(call afl,$$(for_harness))
	afl-clang-fast $(SANITIZE) -fsanitize=fuzzer $(wrap) -o $@ $^
build/cmplog_%: $(call cmplog,fuzz/harnesses/fuzz_%.c $(SHARED)) $$(call cmplog,$$(for_harness))
	AFL_LLVM_CMPLOG=1 afl-clang-fast $(SANITIZE) -fsanitize=fuzzer $(wrap) -o $@ $^
build/afl_mutator.so: fuzz/engines/afl_mutator.c fuzz/input/extents.c $(MUTATOR) $(wildcard fuzz/*.h fuzz/*/*.h)
	$(CC) -std=c11 -Iparser $(WARNINGS) -O2 -g -shared -fPIC -o $@ $(filter %.c,$^)
mutator = $(if $(filter libfuzzer,$(FUZZING_ENGINE)),$(for_libfuzzer))
build/harnesses/fuzz_%: $(call plain,fuzz/harnesses/fuzz_%.c $(mutator) $(SHARED)) $$(call plain,$$(for_harness))
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(wrap) -o $@ $^ $(LIB_FUZZING_ENGINE)

# Which headers an object depends on; set to nothing for a compiler that cannot tell.
DEPENDENCIES = -MMD -MP
# The parser is C99. All the rest is C11 and sees the parser's public header.
language = $(if $(filter $(parser)/%,$<),-std=c99,-std=c11 -I$(parser)) $(WARNINGS) $(DEPENDENCIES)
$(out)/plain/%.o: $$(source) Makefile
	@mkdir -p $(@D)
	$(metered) $(CC) $(language) $(CPPFLAGS) $(CFLAGS) $(meter) -c -o $@ $<
build/shared/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(language) $(CPPFLAGS) $(CFLAGS) -fPIC -c -o $@ $<
$(out)/sanitized/%.o: $$(source) Makefile
	@mkdir -p $(@D)
	$(CC) $(language) $(SANITIZE) $(if $(filter $(parser)/%,$<),$(PARSER_SANITIZE)) $(meter) -c -o $@ $<
# Only the parser is to be covered: a harness that is instrumented too takes most of the time. So do traced comparisons,
# which a mutator that knows the fields can do without.
COVERAGE = -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp
build/fuzzing/%.o: $$(source) Makefile
	@mkdir -p $(@D)
	$(CLANG) $(language) $(SANITIZE) $(if $(filter parser/%,$<),$(COVERAGE)) $(meter) -c -o $@ $<
# Only the parser is measured. A decision that clang cannot follow is a warning that -Werror does not see, and nobody
# counts it afterwards: whatever the compiler says is an error here.
MEASURE = -O0 -g -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc
build/coverage/%.o: $$(source) Makefile
	@mkdir -p $(@D)
	$(CLANG) $(language) $(if $(filter parser/%,$<),$(MEASURE),-O1) $(meter) -c -o $@ $< 2>$@.log && test ! -s $@.log || \
	    { cat $@.log; false; }
# AFL++ has its own clang; with AFL_NOOPT it does not instrument. CMPLOG, which sees what is compared with what, is a
# second build.
uncovered = $(if $(filter parser/%,$<),,AFL_NOOPT=1)
build/afl-objects/%.o: $$(source) Makefile
	@mkdir -p $(@D)
	$(metered) $(uncovered) afl-clang-fast $(language) $(SANITIZE) $(meter) -c -o $@ $<
build/cmplog-objects/%.o: $$(source) Makefile
	@mkdir -p $(@D)
	$(metered) AFL_LLVM_CMPLOG=1 $(uncovered) afl-clang-fast $(language) $(SANITIZE) $(meter) -DEDGES_PER_STEP=4 -c -o $@ $<
# Of objects only: portability has whole file systems in build/.
-include $(wildcard $(addprefix build/,*/*/*.d */*/*/*.d */sanitized/*/*/*.d */metered/*/*.d */*/metered/*/*.d))

.PHONY: all demo test test-quick fresh check coverage portability harnesses simulate-oss-fuzz conformance \
	conformance-quick lint analyze prove check-sanitizers check-amalgamation check-vendor check-dist amalgamation install \
	uninstall dist fuzz fuzz-afl fuzz-canaries instructions bench pictures clean help
# Objects are kept, also where only a pattern names them. .SECONDARY would keep them too, and then build/with-% would not be
# made again when it is missing.
.PRECIOUS: $(foreach kind,$(out)/plain build/shared $(out)/sanitized build/fuzzing build/coverage build/afl-objects \
	build/cmplog-objects,$(kind)/%.o)
.DELETE_ON_ERROR:
