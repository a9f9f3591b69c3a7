# The Book of LLMs in C. `make help` says what there is.
#
#   common/LAYER/*.c       -> build/lib/libLAYER.a; common/layers.mk says which layer uses which
#   chNN/NAME.c            -> chNN/NAME, every file there that has a main(), linked with what it includes
#   common/tests/LAYER/*.c -> build/tests/LAYER/NAME, Check suites

CC       ?= cc
CHAPTERS := $(sort $(wildcard ch[0-9][0-9]))
MODE     ?= fast
# A newer compiler may warn of more: only tests stop at a warning.
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(if $(STRICT),-Werror) \
            $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),-Wno-pass-failed)
MODE_fast := -O3 -march=native $(if $(filter x86_64,$(shell uname -m)),-mprefer-vector-width=512)
MODE_mpich = $(MODE_fast) # with MPICH, where another MPI is installed beside it
MODE_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# make grade OUT=DIR and the like say where results go; elsewhere OUT is the build folder.
RESULTS  := $(if $(findstring command,$(origin OUT)),$(value OUT))
override OUT := build$(if $(filter-out fast,$(MODE)),/$(MODE))

# ---- libraries, looked up with pkg-config ---------------------------------------------------------
have      = $(shell pkg-config --exists $(1) 2>/dev/null && echo yes)
cflags_of = $(shell pkg-config --cflags $(1) 2>/dev/null)
libs_of   = $(shell pkg-config --libs $(1) 2>/dev/null)

BLAS_LIBS := $(or $(call libs_of,openblas),-lopenblas)
CFLAGS   += -std=c11 -D_GNU_SOURCE -I. $(WARN) $(MODE_$(MODE)) -fopenmp -fno-math-errno -ffp-contract=fast -ffunction-sections \
            $(call cflags_of,openblas) -MMD -MP
LDLIBS   += $(BLAS_LIBS) -lm -ldl

# ---- the layers of common: a folder, a library ------------------------------------------------------
include common/layers.mk

# With MPI several processes train together; without it a program runs alone.
MPI      := $(firstword $(foreach p,$(if $(filter mpich,$(MODE)),,ompi-c) mpich,$(if $(call have,$(p)),$(p))))
DIST_SRC := $(filter-out $(if $(MPI),%/alone.c,%/mpi.c %/mpi_start.c),$(wildcard common/dist/*.c))
dist_NEEDS := $(MPI)

# A linker reads archives once, from left to right: users come first.
layer_src = $(if $(filter dist,$(1)),$(DIST_SRC),$(wildcard common/$(1)/*.c))
under     = $(sort $(1) $(foreach l,$(1),$($(l)_USES)))
reverse   = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
archives  = $(foreach l,$(call reverse,$(LAYERS)),$(if $(filter $(l),$(call under,$(1))),$(OUT)/lib/lib$(l).a))
needs     = $(sort $(foreach l,$(call under,$(1)),$($(l)_NEEDS)))
# $(1): a program; the libraries that its chapter, or the modules of one, need beside those of the layers.
chapter_libs = $(sort $(foreach m,$(1) $(MODULES_$(1)),$($(firstword $(subst /, ,$(m)))_NEEDS)))

# ---- programs: what each of them includes decides what it is linked with ------------------------------
BIN  := $(if $(filter fast,$(MODE)),,$(OUT)/)
USES := $(wildcard ch[0-9][0-9]/*.[ch] ch[0-9][0-9]/exercises/check_*.c common/tools/*.[ch] common/grade/*.[ch] \
                   common/tests/*.h common/tests/*/*.[ch])
ifneq ($(filter-out deps deps-book help,$(or $(MAKECMDGOALS),all)),) # sudo make deps leaves nothing of root's behind
$(shell mkdir -p $(OUT) && awk -f common/tools/uses.awk $(USES) >$(OUT)/uses.mk)
include $(OUT)/uses.mk
endif
MODULES_common/tools/costs := common/tools/weave_source
MODULES_common/tests/grade/test_grade += common/grade/namespaces common/grade/landlock
MODULES_common/tests/grade/test_submission += common/grade/namespaces common/grade/landlock
MODULES_ch05/report_card += common/grade/namespaces common/grade/landlock
MODULES_common/tests/programs/test_report_card += common/grade/namespaces common/grade/landlock

CHAPTER_PROGRAMS := $(filter ch%,$(PROGRAMS))
TOOLS    := $(patsubst common/tools/%,$(OUT)/tools/%,$(filter common/tools/%,$(PROGRAMS)))
TEST_PROGRAMS := $(filter common/tests/%,$(PROGRAMS)) # suites, fuzzers, and what they run
TESTS    := $(patsubst common/%,$(OUT)/%,$(foreach p,$(TEST_PROGRAMS),$(if $(findstring /test_,$(p)),$(p))))
EXPECTED := $(filter-out %.full.txt,$(sort $(wildcard ch[0-9][0-9]/expected/*.txt)))
USUAL_RUNS := $(foreach f,$(EXPECTED),$(if $(findstring .,$(basename $(f))),,$(f))) # NAME.txt, not NAME.WHAT.txt
FULL     := $(sort $(wildcard ch[0-9][0-9]/expected/*.full.txt))

all: $(CHAPTERS) ## build every chapter
.PHONY: all $(CHAPTERS) tools test-programs layers format boilerplate deps deps-book book book-test gallery book-check book-sync \
        test test-long test-mpich test-dist unit fuzz outputs outputs-write models models-test bench bench-busy tour help clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

# A chapter whose libraries are missing says so in one line, with the command that installs them.
chapter_needs   = $(call needs,$(foreach p,$(filter $(1)/%,$(PROGRAMS)),$(LAYERS_$(p)))) $($(1)_NEEDS)
chapter_missing = $(strip $(foreach p,$(call chapter_needs,$(1)),$(if $(call have,$(p)),,$(p))))
define chapter_rule
$(1): $(if $(call chapter_missing,$(1)),missing-$(1),$(addprefix $(BIN),$(filter $(1)/%,$(PROGRAMS))))
missing-$(1):
	@echo "$(1) needs $(call chapter_missing,$(1)): sudo apt-get install $(foreach p,$(call chapter_missing,$(1)),$(PACKAGE_$(p))), or: make deps"; exit 2
.PHONY: missing-$(1) $(1)-outputs $(1)-costs $(1)-test $(1)-bands
$(1)-test: $(1)-outputs book-check $(if $(wildcard $(1)/exercises/exercises.tsv),$(1)-exercises) ## a chapter's programs, text and exercises
$(1)-bands: $(1) $(OUT)/tools/bands ## run the chapter's trainers with five seeds: chNN/expected/NAME.band.tsv
	OMP_WAIT_POLICY=passive $(OUT)/tools/bands $(wildcard $(1)/expected/*.band.tsv)
$(1)-costs: $(1) $(OUT)/tools/costs ## measure the chapter's programs for the book's boxes
	$(OUT)/tools/costs $(1)/costs.tsv $$(filter $(1)/%,$$(USUAL_RUNS))
$(1)-outputs: $(1) $(OUT)/tools/outputs ## run a chapter's programs against chNN/expected
	@OMP_WAIT_POLICY=passive common/tools/outputs.sh $(OUT)/tools/outputs $$(filter $(1)/%,$$(EXPECTED))
endef
$(foreach c,$(CHAPTERS),$(eval $(call chapter_rule,$(c))))

# What is compiled and linked is named in short; V=1 shows the commands.
Q   := $(if $(V),,@)
say  = $(if $(V),,echo "  $(1)  $(2)" &&)

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(call say,cc,$<) $(CC) $(CFLAGS) -c $< -o $@
# MPICH's header makes gcc 12 suspect that MPI_STATUSES_IGNORE is an array of no elements.
$(OUT)/obj/common/dist/mpi.o $(OUT)/obj/common/dist/mpi_start.o: CFLAGS += $(call cflags_of,$(MPI)) \
    $(if $(filter mpich,$(MPI)),-Wno-stringop-overflow)

define layer_rule
$(OUT)/lib/lib$(1).a: $(patsubst %.c,$(OUT)/obj/%.o,$(call layer_src,$(1)))
	@mkdir -p $$(@D) && rm -f $$@
	$(Q)$$(call say,ar,$$@) ar rcs $$@ $$(filter %.o,$$^)
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))
$(OUT)/lib/libdist.a: $(OUT)/dist.kind
$(OUT)/dist.kind: FORCE # changes where MPI has come or gone
	@mkdir -p $(@D)
	@echo $(DIST_SRC) | cmp -s - $@ || echo $(DIST_SRC) >$@

# $(1): libraries of the system, as pkg-config names them.
link = $(Q)$(call say,ld,$@) $(CC) $(CFLAGS) $(LDFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(foreach p,$(1),$(call libs_of,$(p))) $(LDLIBS) -o $@

# $(1): the source without .c; $(2): the program; $(3): further libraries of the system.
define program_rule
$(2): $(OUT)/obj/$(1).o $(patsubst %,$(OUT)/obj/%.o,$(MODULES_$(1))) $(call archives,$(LAYERS_$(1)))
	@mkdir -p $$(@D)
	$$(call link,$(call needs,$(LAYERS_$(1))) $(call chapter_libs,$(1)) $(3))
endef
$(foreach p,$(CHAPTER_PROGRAMS),$(eval $(call program_rule,$(p),$(BIN)$(p))))
$(foreach p,$(TOOLS:$(OUT)/%=%),$(eval $(call program_rule,common/$(p),$(OUT)/$(p))))
$(foreach p,$(TEST_PROGRAMS:common/%=%),$(eval $(call program_rule,common/$(p),$(OUT)/$(p),check $(if $(filter tests/grade/%,$(p)),jansson))))

$(OUT)/tests/programs/test_programs: $(OUT)/tests/programs/newcomer # which it runs
$(OUT)/tests/dist/test_dist: $(OUT)/tests/dist/messages $(OUT)/tests/dist/training

tools: $(TOOLS)

COMMON := $(call archives,$(filter-out dist,$(LAYERS)))
include common/grade/rules.mk

# ---- reading ------------------------------------------------------------------------------------------
deps: ## install what is missing (apt, dnf or brew)
	@common/tools/deps.sh

tour: deps ## the two-minute tour
	@$(MAKE) --no-print-directory ch03 ch05
	@common/tools/tour.sh

help: ## this list
	@common/tools/help.sh $(MAKEFILE_LIST)

clean: ## remove everything that was built
	rm -rf build $(CHAPTER_PROGRAMS) ch*/out

# ---- working on the book ---------------------------------------------------------------------------------
# What passed once is repeated only when it has changed; with ALL=1 everything is.
# Compiled is on all processors; the suites and the programs go side by side by themselves, and so do the graders.
JOBS := $(shell getconf _NPROCESSORS_ONLN)
SIDE_BY_SIDE := $(MAKE) --no-print-directory STRICT=1 -j$(JOBS)
test: deps ## everything a change must pass; ALL=1 also what has not changed since it passed
	@$(if $(ALL),rm -rf $(OUT)/passed)
	@$(MAKE) --no-print-directory STRICT=1 layers format
	@$(SIDE_BY_SIDE) all tools test-programs grader
	@$(MAKE) --no-print-directory STRICT=1 unit outputs book-check
	@$(SIDE_BY_SIDE) --output-sync=target exercises-check attacks grade-test
	@common/tools/boilerplate.sh --sums $(sort $(CHAPTER_PROGRAMS:=.c))
	@echo "every unit test, expected output, page of the book, exercise and attack: passed"

layers: ## no layer of common includes what is above it, or another's insides, or has functions that nobody calls
	@common/tools/layers.sh
	@common/tools/dead.sh

format: ## the code is as clang-format has it
	@common/tools/format.sh

boilerplate: ## the share of options, display, memory and main in each program
	@common/tools/boilerplate.sh $(sort $(CHAPTER_PROGRAMS:=.c))

test-programs: $(TESTS) $(OUT)/tests/programs/newcomer $(OUT)/tools/outputs $(OUT)/tools/weave $(OUT)/grade/test_attacks

unit: all $(TESTS) $(OUT)/tests/programs/newcomer $(OUT)/tools/outputs $(OUT)/tools/weave ## unit tests
	@OUT=$(OUT) common/tools/unit.sh $(TESTS)

outputs: all $(OUT)/tools/outputs ## run every program against its expected output
	@OMP_WAIT_POLICY=passive common/tools/outputs.sh $(OUT)/tools/outputs $(EXPECTED)

outputs-write: all $(OUT)/tools/outputs ## write the expected outputs anew
	OMP_WAIT_POLICY=passive $(OUT)/tools/outputs write $(EXPECTED)

book-check: $(OUT)/tools/weave ## the book's text against the programs, and its two editions against each other
	$(OUT)/tools/weave check
	python3 book/figures/draw.py --check

book-sync: $(OUT)/tools/weave ## copy code, outputs, numbers and pictures into the book's text
	python3 book/figures/draw.py
	$(OUT)/tools/weave sync

# The python that has Sphinx.
sphinx_python = $$(head -n 1 "$$(command -v sphinx-build)" | cut -c 3-)

book: ## the web pages, EPUB and PDF, Chinese and English, in build/book
	@common/tools/deps.sh look-book
	@$(sphinx_python) book/site/build.py build/book
	@echo "the book: build/book/index.html, $$(cd build/book && echo *.epub *.pdf)"

gallery: $(OUT)/tools/gallery ## a picture of every kind that common/plot draws, in build/gallery
	$(OUT)/tools/gallery

book-test: book gallery ## the web pages and the pictures in a real browser
	$(sphinx_python) common/tests/browse_book.py build/book
	$(sphinx_python) common/tests/browse_figures.py book/figures build/gallery

deps-book: ## install what make book and make book-test need
	@common/tools/deps.sh book

test-mpich: ## the tests of several processes with MPICH; skipped where it is not installed
	@if pkg-config --exists mpich; then $(MAKE) --no-print-directory MODE=mpich test-dist; \
	else echo "test-mpich: skipped: MPICH is not installed (Debian: libmpich-dev)"; fi
test-dist: $(OUT)/tests/dist/test_dist $(OUT)/tests/dist/test_pipeline
	@common/tools/unit.sh $^

test-long: all unit $(OUT)/tools/outputs ## the full trainings, sanitizers, bare machines, the book in a browser
	$(OUT)/tools/outputs check $(FULL)
	@$(MAKE) --no-print-directory models-test
	@$(MAKE) --no-print-directory test-mpich
	@$(MAKE) --no-print-directory CC=clang MODE=asan unit fuzz
	@for suite in bookworm trixie; do common/tools/fresh_root.sh $$suite || exit 1; done
	@$(MAKE) --no-print-directory deps-book book-test

# Of what was freed the sanitizer keeps little: the same memory again is faster than new.
fuzz: export ASAN_OPTIONS := quarantine_size_mb=8
fuzz: $(addprefix $(OUT)/tests/,model/fuzz_safetensors model/fuzz_config model/fuzz_resume tokenizer/fuzz_tokenizer \
        data/fuzz_html data/fuzz_warc data/fuzz_manifest data/fuzz_rows programs/fuzz_texts chat/fuzz_chat) ## damaged files
	$(OUT)/tests/programs/fuzz_texts --rounds 100000
	$(OUT)/tests/chat/fuzz_chat --rounds 100000
	$(OUT)/tests/model/fuzz_safetensors --rounds 500000
	$(OUT)/tests/model/fuzz_config --rounds 100000
	$(OUT)/tests/model/fuzz_resume --rounds 100000
	$(OUT)/tests/tokenizer/fuzz_tokenizer --rounds 300000
	$(OUT)/tests/data/fuzz_html --rounds 300000
	$(OUT)/tests/data/fuzz_warc --rounds 100000
	$(OUT)/tests/data/fuzz_manifest --rounds 50000
	$(OUT)/tests/data/fuzz_rows --rounds 200000

models: ch05 ch06 $(OUT)/tools/base_corpus ## train the book's models anew, a few hours; goes on after a kill
	ch05/models/train.sh
	ch06/models/train.sh

models-test: ch05 ch06 $(OUT)/tools/base_corpus ## kill a small make models again and again, expect the same models
	common/tests/models_resume.sh

bench: ch05/pretrain_gpt $(OUT)/tools/bench $(OUT)/tools/bench_infer $(OUT)/tools/bench_train $(OUT)/tools/bench_tokenizer ## the speed tables
	common/tools/bench.sh $(OUT)/tools/bench
	common/tools/bench_tokenizer.sh $(OUT)/tools/bench_tokenizer

bench-busy: $(OUT)/tools/bench ## a training step where the processors are not ours alone; OLD=FILE: beside an earlier bench
	common/tools/bench_busy.sh $(OUT)/tools/bench $(OLD)

-include $(shell find $(OUT)/obj $(OUT)/grade -name '*.d' 2>/dev/null)
