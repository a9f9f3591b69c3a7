#!/bin/sh
# exercise_new.sh chNN/exK_thing -- scaffolds an exercise that passes exercises-check as it is: a function
# that doubles every number of an array, with its line in exercises.tsv, prototype, driver, tests, solution,
# skeleton, two mutants and Chinese words. What is left is to put the true task in their place.
set -eu
usage() { echo "exercise-new: expected a chapter, a number and a name, as EX=ch07/ex3_kl_penalty" >&2; exit 2; }
name=$(basename "${1:-}") chapter=$(dirname "${1:-}")
echo "$chapter/$name" | grep -qE '^ch[0-9][0-9]/ex[0-9]+_[a-z0-9_]+$' || usage
[ -d "$chapter" ] || { echo "exercise-new: there is no folder $chapter" >&2; exit 2; }
id=${name%%_*} function=${name#*_} dir=$chapter/exercises number=${chapter#ch}
tsv=$dir/exercises.tsv header=$dir/exercises.h check=$dir/check_$chapter.c tests=$dir/check_${chapter}_$id.c
echo "void $function(void);" | ${CC:-cc} -fsyntax-only -x c - 2>/dev/null || { echo "exercise-new: $function cannot be the name of a function" >&2; exit 2; }
guard=$(echo "${chapter}_EXERCISES_H" | tr '[:lower:]' '[:upper:]')
for file in "$dir/$name.c" "$dir/solutions/$name.c" "$tests"; do
    [ ! -e "$file" ] || { echo "exercise-new: $file is there already" >&2; exit 2; }
done
! grep -q "^$id	" "$tsv" 2>/dev/null || { echo "exercise-new: $tsv has $id already" >&2; exit 2; }
mkdir -p "$dir/solutions" "$dir/mutants"

# ---- a chapter without exercises ------------------------------------------------------------------------
[ -f "$tsv" ] || printf 'id\tname\tfunction\tcall\tuses\tpoints\tminutes\tsection\tseconds\ttitle\ttitle_zh\thints\thints_zh\n' >"$tsv"
[ -f "$header" ] || cat >"$header" <<END
/* exercises.h -- the functions that the exercises of chapter ${number#0} ask for. */
#ifndef $guard
#define $guard

#include "common/nn/layers.h"

#endif
END
[ -f "$check" ] || cat >"$check" <<END
/* check_$chapter.c -- the checks of chapter ${number#0}'s exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests. */
#include "$dir/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

const GradeDriver grade_drivers[] = {{NULL, NULL}};

#else
#include "common/grade/judge.h"

void grade_tests(GradeSuite *s)
{
}
#endif
END

# ---- the exercise -------------------------------------------------------------------------------------------
printf '%s\t%s\t%s\tx (n)\t-\t10\t15\t%s.1\t3\tTwice the numbers\t数的两倍\t' "$id" "$name" "$function" "${number#0}" >>"$tsv"
printf 'How many numbers are there? | One loop over them. | Each is read once and written once. | y[i] = 2 * x[i];\t' >>"$tsv"
printf '一共有几个数？ | 循环一遍。 | 每个数读一次，写一次。 | y[i] = 2 * x[i];\n' >>"$tsv"

insert() { # insert FILE PATTERN: what is on standard input goes in front of the last line that fits
    awk -v text="$(cat)" -v pattern="$2" '{ line[NR] = $0; if ($0 ~ pattern) last = NR }
        END { for (i = 1; i <= NR; i++) { if (i == last) print text "\n"; print line[i] } }' "$1" >"$1.new" && mv "$1.new" "$1"
}
prototype="void $function(const float *x /* (n) */, int n, float *y /* (n) */)"
insert "$header" '^#endif' <<END
/* $id: y = 2 x. */
$prototype;
END
insert "$check" '^const GradeDriver grade_drivers' <<END
static void drive_$function(GradeCall *c)
{
    Tensor *x = grade_arg_tensor(c, "x");
    int n = x->shape[0];
    $function(x->data, n, grade_out(c, "y", n)->data);
}
END
sed "/^const GradeDriver grade_drivers/,/};/s/{NULL, NULL}};/{\"$function\", drive_$function}, {NULL, NULL}};/" "$check" >"$check.new" && mv "$check.new" "$check"
insert "$check" '^void grade_tests\(GradeSuite' <<END
void grade_tests_of_$id(GradeSuite *s); /* $(basename "$tests") */
END
sed "/^void grade_tests(GradeSuite/,/^}/s/^}/    grade_tests_of_$id(s);\n}/" "$check" >"$check.new" && mv "$check.new" "$check"

cat >"$tests" <<END
/* $(basename "$tests") -- tests of exercise ${id#ex} of chapter ${number#0}. */
#include "common/grade/judge.h"

void grade_tests_of_$id(GradeSuite *s);

/* The reference, in double: factor times x. */
static Tensor *times(const Tensor *x, double factor)
{
    Tensor *y = grade_copy(x);
    for (size_t i = 0; i < y->size; i++)
        y->data[i] = (float)(factor * (double)x->data[i]);
    return y;
}

START_TEST(numbers_of_any_size)
{
    int n;
    grade_sizes(3, 20, &n);
    const Tensor *x = grade_normal(3, n);
    const GradeCause causes[] = {{times(x, 4), "doubled twice"}, {NULL, NULL}};
    const Tensor *y = grade_call("$function", grade_tensor(x));
    grade_expect("y", y, times(x, 2), 1e-5f, causes);
}
END_TEST

void grade_tests_of_$id(GradeSuite *s)
{
    grade_test(s, "$id", numbers_of_any_size);
}
END
printf 'numbers of any size\t任意大小的数\ndoubled twice\t乘了两次 2\n' >>"$dir/zh.tsv"

source_file() { # source_file FILE BODY
    cat >"$1" <<END
/* $name.c -- exercise ${id#ex} of chapter ${number#0}, section ${number#0}.1.
 *
 * Doubles every number of x: y = 2 x.
 *
 * 把 x 的每个数乘以 2：y = 2 x。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=$chapter/$id      A hint: make hint EX=$chapter/$id */
#include "$dir/exercises.h"

$prototype
{
    /* BEGIN SOLUTION */
    for (int i = 0; i < n; i++)
        $2
    /* END SOLUTION */
}
END
}
source_file "$dir/solutions/$name.c" 'y[i] = 2 * x[i];'
source_file "$dir/mutants/$name.twice.c" 'y[i] = 4 * x[i];'
source_file "$dir/mutants/$name.not_doubled.c" 'y[i] = x[i];'
sed -e 's,/\* BEGIN SOLUTION \*/,/* TODO */,' -e '/^    for/,/END SOLUTION/d' "$dir/solutions/$name.c" >"$dir/$name.c"
! command -v clang-format >/dev/null || clang-format -i "$check" "$tests" "$header" "$dir/solutions/$name.c" "$dir"/mutants/"$name".*.c "$dir/$name.c"
echo "$chapter/$id: it passes exercises-check as it is. Put the true task into"
printf '  %s\n' "$tsv" "$header" "$check" "$tests" "$dir/zh.tsv" "$dir/solutions/$name.c" "$dir/mutants/$name.*.c"
echo "then: make exercises-write && make exercises-check ASSIGNMENT=$chapter/$id"
