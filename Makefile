# The Book of LLMs in C. `make help` says what there is.
#
#   common/*/*.c      -> build/libcommon.a
#   common/*/*/*.c    -> build/libmodel.a: files and tokenizers, which need more than OpenBLAS
#   common/dist/*.c   -> build/libdist-*.a: many processes, by MPI where it is installed
#   chNN/NAME.c       -> chNN/NAME, every file there that has a main(); linked with those of chNN that have none
#   common/tests/*.c  -> build/tests/NAME, Check suites

CC       ?= cc
CHAPTERS := $(sort $(wildcard ch[0-9][0-9]))
MODE     ?= fast
WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-pass-failed
MODE_fast := -O3 -march=native $(if $(filter x86_64,$(shell uname -m)),-mprefer-vector-width=512)
MODE_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# make grade OUT=DIR and the like say where results go; elsewhere OUT is the build folder.
RESULTS  := $(if $(findstring command,$(origin OUT)),$(OUT))
override OUT := build$(if $(filter-out fast,$(MODE)),/$(MODE))

# ---- libraries, looked up with pkg-config ---------------------------------------------------------
have      = $(shell pkg-config --exists $(1) 2>/dev/null && echo yes)
cflags_of = $(shell pkg-config --cflags $(1) 2>/dev/null)
libs_of   = $(shell pkg-config --libs $(1) 2>/dev/null)

BLAS_LIBS := $(or $(call libs_of,openblas),-lopenblas)
CFLAGS   += -std=c11 -D_GNU_SOURCE -I. $(WARN) $(MODE_$(MODE)) -fopenmp -fno-math-errno -ffp-contract=fast -ffunction-sections \
            $(call cflags_of,openblas) -MMD -MP
LDLIBS   += $(BLAS_LIBS) -lm

# What a chapter needs beyond OpenBLAS, as pkg-config names, and the package that brings it.
NEEDS_model := jansson libutf8proc libpcre2-8
NEEDS_ch02  := $(NEEDS_model)
NEEDS_ch05  := $(NEEDS_model)
PACKAGE_jansson     := libjansson-dev
PACKAGE_libutf8proc := libutf8proc-dev
PACKAGE_libpcre2-8  := libpcre2-dev

# Programs that several processes can run together, if MPI is there; without it they run alone.
USE_DIST := ch05/pretrain_gpt
MPI      := $(firstword $(foreach p,ompi-c mpich,$(if $(call have,$(p)),$(p))))

# ---- the library -------------------------------------------------------------------------------------
COMMON_SRC := $(wildcard $(addsuffix /*.c,$(addprefix common/,base tensor nn text plot)))
MODEL_SRC  := $(wildcard common/nn/files/*.c common/text/tokenizer/*.c)
COMMON     := $(OUT)/libcommon.a
MODEL      := $(OUT)/libmodel.a
DIST_SRC   := common/dist/$(if $(MPI),mpi,alone).c
DIST       := $(OUT)/libdist-$(basename $(notdir $(DIST_SRC))).a

# ---- programs ------------------------------------------------------------------------------------------
PROGRAM_SRC := $(shell grep -ls '^int main\b' ch[0-9][0-9]/*.c)
CHAPTER_SRC := $(filter-out $(PROGRAM_SRC),$(wildcard ch[0-9][0-9]/*.c))
BIN         := $(if $(filter fast,$(MODE)),,$(OUT)/)
PROGRAMS    := $(PROGRAM_SRC:%.c=$(BIN)%)
EXPECTED    := $(filter-out %.full.txt,$(sort $(wildcard ch[0-9][0-9]/expected/*.txt)))
FULL        := $(sort $(wildcard ch[0-9][0-9]/expected/*.full.txt))
TOOLS       := $(patsubst common/tools/%.c,$(OUT)/tools/%,$(filter-out common/tools/weave_%.c,$(wildcard common/tools/*.c)))
WEAVE       := $(patsubst %.c,$(OUT)/obj/%.o,$(wildcard common/tools/weave_*.c))
TESTS       := $(patsubst common/tests/test_%.c,$(OUT)/tests/test_%,$(wildcard common/tests/test_*.c))

all: $(CHAPTERS) ## build every chapter
.PHONY: all $(CHAPTERS) tools deps deps-book book book-test book-check book-sync test test-long unit fuzz outputs outputs-write models bench tour help clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

# A chapter whose libraries are missing says so in one line, with the command that installs them.
define chapter_rule
$(1): $(if $(strip $(foreach p,$(NEEDS_$(1)),$(if $(call have,$(p)),,x))),missing-$(1),$(filter $(BIN)$(1)/%,$(PROGRAMS)))
missing-$(1):
	@echo "$(1) needs $(NEEDS_$(1)): sudo apt-get install $(foreach p,$(NEEDS_$(1)),$(PACKAGE_$(p))), or: make deps"; exit 2
.PHONY: missing-$(1) $(1)-outputs $(1)-costs
$(1)-costs: $(1) $(OUT)/tools/costs ## measure the chapter's programs for the book's boxes
	OMP_WAIT_POLICY=passive $(OUT)/tools/costs $(1)/costs.tsv $$(filter $(1)/%,$$(EXPECTED))
$(1)-outputs: $(1) $(OUT)/tools/outputs ## run a chapter's programs against chNN/expected
	OMP_WAIT_POLICY=passive $(OUT)/tools/outputs check $$(filter $(1)/%,$$(EXPECTED))
endef
$(foreach c,$(CHAPTERS),$(eval $(call chapter_rule,$(c))))

# What is compiled and linked is named in short; V=1 shows the commands.
Q   := $(if $(V),,@)
say  = $(if $(V),,echo "  $(1)  $(2)" &&)

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(call say,cc,$<) $(CC) $(CFLAGS) -c $< -o $@

$(COMMON): $(COMMON_SRC:%.c=$(OUT)/obj/%.o)
	@rm -f $@
	$(Q)$(call say,ar,$@) ar rcs $@ $^
$(MODEL): $(MODEL_SRC:%.c=$(OUT)/obj/%.o)
	@rm -f $@
	$(Q)$(call say,ar,$@) ar rcs $@ $^
$(DIST): $(DIST_SRC:%.c=$(OUT)/obj/%.o)
	@rm -f $@
	$(Q)$(call say,ar,$@) ar rcs $@ $^
$(OUT)/dist.kind: FORCE # changes where MPI has come or gone, so that programs are linked anew
	@mkdir -p $(@D)
	@echo $(DIST) | cmp -s - $@ || echo $(DIST) >$@
$(OUT)/obj/common/dist/mpi.o: CFLAGS += $(call cflags_of,$(MPI))

# $(1): the program's folder, to look up what it needs.
link = $(Q)$(call say,ld,$@) $(CC) $(CFLAGS) $(LDFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(foreach p,$(1),$(call libs_of,$(p))) $(LDLIBS) -o $@

define program_rule
$(BIN)$(1): $(OUT)/obj/$(1).o $(patsubst %.c,$(OUT)/obj/%.o,$(filter $(dir $(1))%,$(CHAPTER_SRC))) $(if $(filter $(1),$(USE_DIST)),$(DIST) $(OUT)/dist.kind) $(if $(NEEDS_$(firstword $(subst /, ,$(1)))),$(MODEL)) $(COMMON)
	@mkdir -p $$(@D)
	$$(call link,$(NEEDS_$(firstword $(subst /, ,$(1)))) $(if $(filter $(1),$(USE_DIST)),$(MPI)))
endef
$(foreach p,$(PROGRAM_SRC:%.c=%),$(eval $(call program_rule,$(p))))

$(OUT)/tools/%: $(OUT)/obj/common/tools/%.o $(COMMON)
	@mkdir -p $(@D)
	$(call link,)
$(OUT)/tools/bench_tokenizer: $(OUT)/obj/common/tools/bench_tokenizer.o $(MODEL) $(COMMON)
	@mkdir -p $(@D)
	$(call link,$(NEEDS_model))
$(OUT)/tools/weave: $(WEAVE)
$(OUT)/tools/costs: $(OUT)/obj/common/tools/weave_source.o
$(OUT)/tests/%: $(OUT)/obj/common/tests/%.o $(MODEL) $(COMMON)
	@mkdir -p $(@D)
	$(call link,check $(NEEDS_model))

tools: $(TOOLS)

include common/grade/rules.mk

# ---- what there is to do --------------------------------------------------------------------------------
deps: ## install what is missing (apt, dnf or brew)
	@common/tools/deps.sh

test: deps ## everything a change must pass
	@$(MAKE) --no-print-directory all unit outputs book-check exercises-check $(if $(wildcard common/grade/attacks),attacks)
	@echo "every unit test, expected output, page of the book, exercise and attack: passed"

unit: all $(TESTS) ## unit tests
	@common/tools/unit.sh $(TESTS)

outputs: all $(OUT)/tools/outputs ## run every program against its expected output
	OMP_WAIT_POLICY=passive $(OUT)/tools/outputs check $(EXPECTED)

outputs-write: all $(OUT)/tools/outputs ## write the expected outputs anew
	OMP_WAIT_POLICY=passive $(OUT)/tools/outputs write $(EXPECTED)

book-check: $(OUT)/tools/weave ## the book's text against the programs, and its two editions against each other
	$(OUT)/tools/weave check

book-sync: $(OUT)/tools/weave ## copy code, outputs, numbers and pictures into the book's text
	$(OUT)/tools/weave sync

sphinx     = EDITION=$(1) sphinx-build -W --keep-going -q -b $(2) -c book -d build/book/.trees/$(1)-$(2) book/$(1) $(3)

book: ## the web pages, EPUB and PDF, Chinese and English, in build/book
	@common/tools/deps.sh look-book
	@rm -rf build/book
	@$(foreach e,zh en,$(call sphinx,$(e),html,build/book/$(e)) && $(call sphinx,$(e),epub,build/book/.epub-$(e)) && \
		$(call sphinx,$(e),singlehtml,build/book/.page-$(e)) && \
		common/tools/book_pdf.sh $(e) build/book/.page-$(e)/index.html build/book/llm-in-c-$(e).pdf &&) true
	@mv build/book/.epub-*/*.epub build/book/ && rm -rf build/book/.epub-* build/book/.page-* build/book/.trees
	@cp book/index.html build/book/
	@echo "the book: build/book/index.html, $$(cd build/book && echo *.epub *.pdf)"

book-test: book ## the web pages in a real browser
	$$(head -n 1 "$$(command -v sphinx-build)" | cut -c 3-) common/tests/browse_book.py build/book

deps-book: ## install what make book and make book-test need
	@common/tools/deps.sh book

test-long: all unit $(OUT)/tools/outputs ## the full trainings, the sanitizer lane, the book in a browser
	$(OUT)/tools/outputs check $(FULL)
	@$(MAKE) --no-print-directory CC=clang MODE=asan unit fuzz
	@$(MAKE) --no-print-directory deps-book book-test

# Of what was freed the sanitizer keeps little: the same memory again is faster than new.
fuzz: export ASAN_OPTIONS := quarantine_size_mb=8
fuzz: $(addprefix $(OUT)/tests/fuzz_,safetensors config training tokenizer) ## damaged files
	$(OUT)/tests/fuzz_safetensors --rounds 500000
	$(OUT)/tests/fuzz_config --rounds 100000
	$(OUT)/tests/fuzz_training --rounds 100000
	$(OUT)/tests/fuzz_tokenizer --rounds 300000

models: ch05 $(OUT)/tools/base_corpus ## train the book's base models anew, almost two hours
	ch05/models/train.sh

bench: $(OUT)/tools/bench $(OUT)/tools/bench_infer $(OUT)/tools/bench_tokenizer ## the speed tables
	common/tools/bench.sh $(OUT)/tools/bench
	common/tools/bench_tokenizer.sh $(OUT)/tools/bench_tokenizer

tour: deps ## the two-minute tour
	@$(MAKE) --no-print-directory ch03 ch05
	@common/tools/tour.sh

help: ## this list
	@grep -hE '^[a-z0-9$$()-]+:.*## ' $(MAKEFILE_LIST) | sed -e 's/^$$(1)-/chNN-/' -e 's/:.*## /:/' | \
		awk -F: '{printf "  make %-16s %s\n", $$1, $$2}'

clean: ## remove everything that was built
	rm -rf build $(PROGRAM_SRC:%.c=%) ch*/out

-include $(shell find $(OUT)/obj $(OUT)/grade -name '*.d' 2>/dev/null)
