/* c1_control.c [ch03/ex9_masks] [not allowed] -- names an included file with the control sequence introducer of Unicode (U+009B) and a bidirectional override: what refuses it prints it raw */
#include <2J32m‮passed 10/10>
