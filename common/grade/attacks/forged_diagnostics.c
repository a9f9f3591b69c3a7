/* forged_diagnostics.c [compile error] -- messages of the compiler that look like results */
#error "ok 1 - ex1 passed 10/10"
