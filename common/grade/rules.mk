# rules.mk -- the exercises of the chapters, chNN/exercises, graded by common/grade; a part of the Makefile.
#
# For each chapter: drive.o (the drivers); judge (the tests, and the drivers once more, to learn what a call holds);
# driver.o (what is linked with the learner's code); kit (how that is compiled and linked); others.ld, a linker
# script that stands in for the functions of the exercises that are not there.
GRADED     := $(patsubst %/exercises/exercises.tsv,%,$(wildcard ch[0-9][0-9]/exercises/exercises.tsv))
GRADE      := $(OUT)/grade/grade
GRADE_RUN  = $(GRADE) $(1) --build $(OUT)
WORKER_SRC := $(addprefix common/grade/,worker.c call.c heap.c confine.c message.c)
JUDGE_SRC  := $(addprefix common/grade/,judge.c judge_call.c call.c message.c sandbox.c namespaces.c landlock.c)
GRADER_SRC := $(filter-out $(addprefix common/grade/,judge.c judge_call.c call.c no_hidden.c worker.c heap.c confine.c message.c main.c test_attacks.c),$(wildcard common/grade/*.c))
CHECKS     := $(foreach c,$(GRADED),$(addprefix $(OUT)/grade/$(c)/,judge driver.o others.ld kit))
CC_PATH    := $(shell command -v $(lastword $(CC)))

# How a learner's file is compiled: what goes wrong is to be found out, not to happen quietly. A local array ends
# with a canary, an index outside of an array traps, and local variables that were not set hold no sensible number.
# What the compiler does not know is left out.
KIT_FLAGS  := $(OUT)/grade/flags-$(notdir $(CC_PATH))
HARDENED   := -fstack-protector-strong "-fsanitize=bounds -fsanitize-undefined-trap-on-error" -ftrivial-auto-var-init=pattern -Wno-pass-failed
# And linked: nothing that is not called, so that nothing lies there to be found; malloc is that of heap.c.
KIT_LINK   := -Wl,--gc-sections $(foreach f,malloc calloc realloc free,-Wl,--wrap=$(f))
$(KIT_FLAGS): common/grade/rules.mk
	@mkdir -p $(@D)
	@for flag in $(HARDENED); do echo 'int x;' | $(CC_PATH) -Werror $$(echo $$flag | sed s/^-Wno-/-W/) -x c -c - -o /dev/null 2>/dev/null && printf ' %s' "$$flag"; done >$@; true

define graded_rule
$(OUT)/grade/$(1)/judge: $(patsubst %.c,$(OUT)/obj/%.o,$(JUDGE_SRC) $(wildcard $(1)/exercises/check_$(1)*.c) \
                           $(if $(wildcard $(1)/exercises/check_$(1)_hidden.c),,common/grade/no_hidden.c)) $(OUT)/grade/$(1)/drive.o $(OUT)/grade/$(1)/others.ld $(COMMON)
	@mkdir -p $$(@D)
	$$(call link,check jansson) $$(filter %.ld,$$^)
$(OUT)/grade/$(1)/drive.o: $(1)/exercises/check_$(1).c
	@mkdir -p $$(@D)
	$(Q)$$(call say,cc,$$@) $(CC) $(CFLAGS) -DGRADE_WORKER -c $$< -o $$@
$(OUT)/grade/$(1)/driver.o: $(OUT)/grade/$(1)/drive.o $(WORKER_SRC:%.c=$(OUT)/obj/%.o)
	$(Q)ld -r $$(filter %.o,$$^) -o $$@
$(OUT)/grade/$(1)/others.ld: $(1)/exercises/exercises.tsv
	@mkdir -p $$(@D)
	@tail -n +2 $$< | awk -F'\t' '{print "PROVIDE(" $$$$3 " = grade_other_exercise);"}' >$$@
$(OUT)/grade/$(1)/kit: $(KIT_FLAGS) FORCE # holds absolute paths: the folder may have been moved
	@mkdir -p $$(@D)
	@echo "$(CC_PATH) -std=c11 -D_GNU_SOURCE -O2 -g -fopenmp -fno-math-errno -I$(CURDIR)$$$$(cat $(KIT_FLAGS))" >$$@.new
	@echo "$(KIT_LINK) $(addprefix $(CURDIR)/,$(OUT)/grade/$(1)/driver.o $(OUT)/grade/$(1)/others.ld $(if $(NEEDS_$(1)),$(MODEL)) $(COMMON)) $(foreach p,$(NEEDS_$(1)),$(call libs_of,$(p))) $(LDLIBS)" >>$$@.new
	@cmp -s $$@.new $$@ && rm $$@.new || mv $$@.new $$@
.PHONY: $(1)-check
$(1)-check: grader ## grade the exercises of a chapter
	@$$(call GRADE_RUN,check) --chapter $(1)
endef
$(foreach c,$(GRADED),$(eval $(call graded_rule,$(c))))
$(addsuffix -check,$(filter-out $(GRADED),$(CHAPTERS))):
	@echo "$(@:-check=) has no exercises yet"

$(GRADE): $(GRADER_SRC:%.c=$(OUT)/obj/%.o) $(OUT)/obj/common/grade/main.o $(COMMON)
	@mkdir -p $(@D)
	$(call link,jansson)

.PHONY: grader ex hint reset status next watch exercises-check exercises-write grade grade-class handout gradescope attacks
grader: $(GRADE) $(CHECKS) $(MODEL)
ex:     ## check one exercise, as make ex EX=ch03/ex1
hint:   ## one more hint for it
reset:  ## start it again; keeps a backup
status: ## progress over the book
next:   ## the next exercise
watch:  ## grade an exercise whenever it is saved
ex hint reset: grader
	@$(call GRADE_RUN,$@) --exercise "$(EX)"
status next watch: grader
	@$(call GRADE_RUN,$@)
exercises-check: grader ## skeletons score 0, solutions pass, mutants fail
	@$(call GRADE_RUN,verify)
grade: grader ## grade all exercises, or, with SUBMISSION=DIR OUT=DIR, what was handed in
	@$(if $(SUBMISSION)$(RESULTS),$(call GRADE_RUN,submission) --submission "$(SUBMISSION)" --out "$(RESULTS)",$(call GRADE_RUN,check))
grade-class: grader ## grade many, with SUBMISSIONS=DIR OUT=DIR
	@$(call GRADE_RUN,class) --submission "$(SUBMISSIONS)" --out "$(RESULTS)"
handout: grader ## write a student repository to OUT=DIR
	@common/grade/handout.sh "$(RESULTS)" $(GRADE)
gradescope: ## pack build/gradescope.zip, an autograder
	@common/grade/gradescope.sh build/gradescope.zip
$(OUT)/grade/test_attacks: $(OUT)/obj/common/grade/test_attacks.o $(GRADER_SRC:%.c=$(OUT)/obj/%.o) $(COMMON)
	$(call link,check jansson)
attacks: grader $(OUT)/grade/test_attacks ## hostile submissions against the grader
	@common/tools/unit.sh $(OUT)/grade/test_attacks
$(OUT)/tests/test_grade: $(addprefix $(OUT)/obj/common/grade/,source.o object.o message.o build.o printable.o sandbox.o namespaces.o landlock.o results.o)
exercises-write: grader ## write the skeletons anew from the solutions
	@$(call GRADE_RUN,write)

