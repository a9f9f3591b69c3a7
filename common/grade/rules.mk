# rules.mk -- the exercises of the chapters, chNN/exercises, graded by common/grade; a part of the Makefile.
#
# For each chapter: drive.o (the drivers); judge (the tests, and the drivers once more, to learn what a call holds);
# driver.o (what is linked with the learner's code); kit (how that is compiled and linked); others.ld, a linker
# script that stands in for the functions of the exercises that are not there.
GRADED     := $(patsubst %/exercises/exercises.tsv,%,$(wildcard ch[0-9][0-9]/exercises/exercises.tsv))
GRADE      := $(OUT)/grade/grade
GRADE_RUN  = $(GRADE) $(1) --build $(OUT) --assignment "$$ASSIGNMENT"
ZIP        := $(call have,libzip)
DEBUG_OBJ  := $(patsubst %,$(OUT)/grade/debug/common/grade/%.o,worker call message unconfined)
WORKER_SRC := $(addprefix common/grade/,worker.c call.c crash.c heap.c confine.c message.c)
JUDGE_SRC  := $(addprefix common/grade/,judge.c judge_call.c call.c message.c sandbox.c namespaces.c landlock.c)
GRADER_SRC := $(filter-out $(addprefix common/grade/,judge.c judge_call.c call.c no_hidden.c worker.c crash.c heap.c confine.c unconfined.c main.c test_attacks.c),$(wildcard common/grade/*.c))
CHECKS     := $(foreach c,$(GRADED),$(addprefix $(OUT)/grade/$(c)/,judge driver.o others.ld kit))
CC_PATH    := $(shell command -v $(lastword $(CC)))

# How a learner's file is compiled: what goes wrong is to be found out, not to happen quietly. A local array ends
# with a canary, an index outside of an array traps, and local variables that were not set hold no sensible number.
# What the compiler does not know is left out; of one that has no OpenMP nothing is left. And how it is linked: nothing that is not called, so that
# nothing lies there to be found; malloc is that of heap.c.
HARDENED   := -fstack-protector-strong "-fsanitize=bounds -fsanitize-undefined-trap-on-error" -ftrivial-auto-var-init=pattern -Wno-pass-failed -Wno-unused-command-line-argument
KIT_LINK   := -Wl,--gc-sections -Wl,-z,noexecstack $(foreach f,malloc calloc realloc free,-Wl,--wrap=$(f))
$(OUT)/grade/flags-%: common/grade/rules.mk
	@mkdir -p $(@D)
	@echo 'int main(void) { return 0; }' | $(shell command -v $*) -fopenmp -x c - -o $@.try 2>/dev/null || { : >$@; exit 0; }; rm -f $@.try; \
	for flag in $(HARDENED); do echo 'int x;' | $(shell command -v $*) -Werror $$(echo $$flag | sed s/^-Wno-/-W/) -x c -c - -o /dev/null 2>/dev/null && printf ' %s' "$$flag"; done >$@; true

# Other ways to compile, with which exercises-check grades the solutions: the other compiler, if it is there, and
# what Ubuntu's gcc does by default.
OTHER_CC   := $(shell command -v $(if $(findstring clang,$(CC_PATH)),gcc,clang))
OTHER_KITS := fortify $(if $(OTHER_CC),other)
KIT_CC_fortify := $(CC_PATH) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-clash-protection
KIT_CC_other   := $(OTHER_CC)
# $(1): a compiler with options.
kit_line = $(1) -std=c11 -D_GNU_SOURCE -O2 -g -fopenmp -fno-math-errno -I$(CURDIR)$$(cat $(OUT)/grade/flags-$(notdir $(firstword $(1))))

define graded_rule
$(OUT)/grade/$(1)/judge: $(patsubst %.c,$(OUT)/obj/%.o,$(JUDGE_SRC) $(wildcard $(1)/exercises/check_$(1)*.c) \
                           $(if $(wildcard $(1)/exercises/check_$(1)_hidden.c),,common/grade/no_hidden.c)) \
                         $(patsubst %.packed,$(OUT)/obj/%.o,$(wildcard $(1)/exercises/check_$(1)*.packed)) \
                         $(OUT)/grade/$(1)/drive.o $(OUT)/grade/$(1)/others.ld $(COMMON)
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
$(OUT)/grade/$(1)/kit: $(OUT)/grade/flags-$(notdir $(CC_PATH)) $(addprefix $(OUT)/grade/flags-,$(notdir $(OTHER_CC))) FORCE # holds absolute paths: the folder may have been moved
	@mkdir -p $$(@D)
	@echo "$$(call kit_line,$(CC_PATH))" >$$@.new
	@echo "$(KIT_LINK) $(addprefix $(CURDIR)/,$(OUT)/grade/$(1)/driver.o $(OUT)/grade/$(1)/others.ld $(COMMON)) $(foreach p,$(call needs,$(filter-out dist,$(LAYERS))),$(call libs_of,$(p))) $(LDLIBS)" >>$$@.new
	@rm -f $$@.*[!w]
	@$$(foreach k,$(OTHER_KITS),test -s $(OUT)/grade/flags-$$(notdir $$(firstword $$(KIT_CC_$$(k)))) && { echo "$$(call kit_line,$$(KIT_CC_$$(k)))"; tail -n 1 $$@.new; } >$$@.$$(k);) true
	@cmp -s $$@.new $$@ && rm $$@.new || mv $$@.new $$@
$(OUT)/grade/$(1)/debug.o: $(OUT)/grade/debug/$(1)/exercises/check_$(1).o $(DEBUG_OBJ)
	$(Q)ld -r $$^ -o $$@
.PHONY: $(1)-check $(1)-exercises
$(1)-exercises: grader
	@$$(call GRADE_RUN,verify) --chapter $(1)
$(1)-check: grader ## grade the exercises of a chapter
	@$$(call GRADE_RUN,check) --chapter $(1)
endef
$(foreach c,$(GRADED),$(eval $(call graded_rule,$(c))))
$(addsuffix -check,$(filter-out $(GRADED),$(CHAPTERS))):
	@echo "$(@:-check=) has no exercises yet"

$(GRADE): $(GRADER_SRC:%.c=$(OUT)/obj/%.o) $(OUT)/obj/common/grade/main.o $(COMMON)
	@mkdir -p $(@D)
	$(call link,jansson $(if $(ZIP),libzip))
$(OUT)/obj/common/grade/submission.o: CFLAGS += $(if $(ZIP),-DGRADE_ZIP)

# In a handout the tests are packed (handout.sh), so that no reference lies in plain sight.
$(OUT)/obj/%.o: %.packed
	@mkdir -p $(@D)
	$(Q)$(call say,cc,$<) base64 -d <$< | gunzip | $(CC) $(CFLAGS) -MT $@ -MF $(@:.o=.d) -x c -c - -o $@

# The worker and the drivers for make debug: with the sanitizers, without the confinement.
$(OUT)/grade/debug/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(call say,cc,$@) $(CC) -std=c11 -D_GNU_SOURCE -I. $(MODE_asan) -fopenmp -DGRADE_WORKER -MMD -MP -c $< -o $@

# What a command line says reaches the grader through the environment, as it is: neither make nor a shell
# reads the name of a folder.
define as_it_is
override $(1) := $$(value $(1))
export $(1)
endef
$(foreach v,EX ASSIGNMENT PARTIAL SUBMISSION SUBMISSIONS DEADLINE LATE,$(eval $(call as_it_is,$(v))))
export GRADE_OUT := $(RESULTS)
partial = $(if $(PARTIAL),--partial)

.PHONY: grade-test grader no-grader ex debug hint reset status next skip watch exercise-new exercises-check exercises-write grade grade-class handout gradescope attacks
grader: $(if $(filter Darwin,$(shell uname -s)),no-grader,$(GRADE) $(CHECKS))
no-grader:
	@echo "grading needs Linux: on macOS run it in a container or a virtual machine (common/grade/README.md)"; exit 2
ex:     ## check one exercise, as make ex EX=ch03/ex1
debug:  ## the line where its failing check crashes; with GDB=1 in gdb
hint:   ## one more hint for it
reset:  ## start it again; keeps a backup
status: ## progress over the book
next:   ## the next exercise
skip:   ## leave it for later
watch:  ## grade an exercise whenever it is saved
ex hint reset skip: grader
	@$(call GRADE_RUN,$@) --exercise "$$EX"
debug: grader $(patsubst %,$(OUT)/grade/%/debug.o,$(GRADED))
	@$(call GRADE_RUN,$@) --exercise "$$EX" $(if $(GDB),--gdb)
status watch: grader
	@$(call GRADE_RUN,$@)
next: deps
	@$(MAKE) --no-print-directory grader
	@$(call GRADE_RUN,$@)
# $(1): a name; $(2): chapters, graded again when the grader, their checks or their exercises have changed.
verified = common/tools/unless_passed.sh $(1) $(GRADE) $(filter $(addprefix $(OUT)/grade/,$(addsuffix /%,$(2))),$(CHECKS)) \
    $(addsuffix /exercises,$(2)) $(wildcard common/grade/*.h common/grade/*.tsv) -- $(call GRADE_RUN,verify) $(3)
exercises-check: grader ## skeletons score 0, solutions pass, mutants fail
	@$(if $(ASSIGNMENT),$(call verified,exercises-$(subst /,-,$(ASSIGNMENT)),$(GRADED)),$(foreach c,$(GRADED),$(call verified,exercises-$(c),$(c),--chapter $(c)) || bad=1;) [ -z "$$bad" ])
grade: grader ## grade all exercises, or, with SUBMISSION=DIR OUT=DIR, what was handed in
	@$(if $(SUBMISSION)$(RESULTS),$(call GRADE_RUN,submission) $(partial) --submission "$$SUBMISSION" --out "$$GRADE_OUT",$(call GRADE_RUN,check) $(partial))
grade-class: grader ## grade many, with SUBMISSIONS=DIR OUT=DIR
	@$(call GRADE_RUN,class) $(partial) --submission "$$SUBMISSIONS" --out "$$GRADE_OUT" --deadline "$$DEADLINE" --late "$${LATE:-0}"
handout: grader ## write a student repository to OUT=DIR
	@common/grade/handout.sh "$$GRADE_OUT" $(GRADE) "$$ASSIGNMENT"
gradescope: grader ## pack build/gradescope.zip, an autograder; with UNOFFICIAL=1 it scores in the lowest tier too
	@common/grade/gradescope.sh build/gradescope.zip $(GRADE) "$$ASSIGNMENT" "$(if $(PARTIAL),1)" "$(if $(UNOFFICIAL),1)"
exercise-new: ## scaffold an exercise, as make exercise-new EX=ch07/ex3_kl_penalty
	@common/grade/exercise_new.sh "$$EX"
$(OUT)/grade/test_attacks: $(OUT)/obj/common/grade/test_attacks.o $(GRADER_SRC:%.c=$(OUT)/obj/%.o) $(COMMON)
	$(call link,check jansson $(if $(ZIP),libzip))
attacks: grader $(OUT)/grade/test_attacks ## hostile submissions against the grader
	@common/tools/unit.sh $(OUT)/grade/test_attacks
$(OUT)/tests/grade/%: LDLIBS += $(if $(ZIP),$(call libs_of,libzip))
grade-test: grader ## the learner's loop and the teacher's commands, as people use them
	@common/tools/unless_passed.sh people $(GRADE) $(CHECKS) $(addsuffix /exercises,$(GRADED)) common/grade common/tools Makefile -- common/grade/test_people.py
exercises-write: grader ## write the skeletons anew from the solutions
	@$(call GRADE_RUN,write)

