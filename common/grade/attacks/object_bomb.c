/* object_bomb.c [compile error] -- an object file of many gigabytes */
static const char big[1l << 34] = {1};
const char *big_too(void)
{
    return big;
}
