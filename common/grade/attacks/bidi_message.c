/* bidi_message.c [compile error] -- an error of the compiler that quotes characters which turn the direction of writing */
#error ‮01/01 dessap⁦ 2J
