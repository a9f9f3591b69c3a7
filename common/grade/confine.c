/* confine.c -- a list of the system calls that computing takes, as a seccomp filter.
 *
 * The filter is a program of the kernel's small machine (classic BPF): load the
 * number of the call, compare it with each that is allowed, and end the process
 * if none fits. Some are looked at once more: mmap and mprotect, for no executable memory; writing, for
 * output goes to what is printed and nowhere else; and the channel to the judge, for messages alone. */
#include "common/grade/confine.h"

#include "common/base/error.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NOBODY = 65534 };

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifdef __x86_64__
enum { MACHINE = AUDIT_ARCH_X86_64 & 0x7fffffff };
#else
enum { MACHINE = AUDIT_ARCH_AARCH64 & 0x7fffffff };
#endif

/* Memory, time, threads that wait, and the end. */
static const int ALLOWED[] = {
    __NR_fstat,     __NR_lseek,       __NR_ppoll,           __NR_munmap,         __NR_mremap,
    __NR_brk,       __NR_madvise,     __NR_futex,           __NR_sched_yield,    __NR_clock_gettime,
    __NR_getpid,    __NR_gettid,      __NR_clock_nanosleep, __NR_gettimeofday,   __NR_getrandom,
    __NR_exit,      __NR_exit_group,  __NR_rt_sigaction,    __NR_rt_sigprocmask, __NR_rt_sigreturn,
    __NR_getrusage, __NR_sigaltstack,
#ifdef __NR_poll
    __NR_poll,
#endif
};

/* What libraries ask for in passing, and can do without. */
static const int ANSWERED_NO[] = {
    __NR_ioctl,      __NR_sysinfo, __NR_sched_getaffinity, __NR_sched_setaffinity,
    __NR_newfstatat, __NR_mbind,   __NR_prlimit64,         __NR_read,
    __NR_close};

/* Calls that are allowed on one descriptor: output, or the channel. */
static const struct {
    int call;
    unsigned first, last;
} ON_DESCRIPTOR[] = {{__NR_write, 1, 2}, {__NR_writev, 1, 2}, {__NR_recvfrom, 3, 3}, {__NR_sendto, 3, 3}};

enum { MOST_LINES = 128, COUNT_ALLOWED = sizeof ALLOWED / sizeof *ALLOWED };

static void filter_system_calls(void)
{
    struct sock_filter code[MOST_LINES];
    unsigned short n = 0;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    code[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x7fffffff);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < COUNT_ALLOWED; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)ALLOWED[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    for (size_t i = 0; i < sizeof ANSWERED_NO / sizeof *ANSWERED_NO; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)ANSWERED_NO[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    }
    for (size_t i = 0; i < sizeof ON_DESCRIPTOR / sizeof *ON_DESCRIPTOR; i++) {
        code[n++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)ON_DESCRIPTOR[i].call, 0, 5);
        code[n++] =
            (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ON_DESCRIPTOR[i].first, 0, 2);
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ON_DESCRIPTOR[i].last, 1, 0);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    }
    /* A signal to itself: what abort() is made of. */
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_tgkill, 0, 4);
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)getpid(), 0, 1);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    /* Either of the two, and then argument 2, the protection, without PROT_EXEC (4). */
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 1, 0);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mprotect, 0, 3);
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    const struct sock_fprog program = {n, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        error_exitf("cannot filter system calls: %s", strerror(errno));
}
#else
static void filter_system_calls(void)
{
}
#endif

static void stop_being_root(void)
{
    if (geteuid() != 0)
        return;
    if (setgroups(0, NULL) != 0 || setregid(NOBODY, NOBODY) != 0 || setreuid(NOBODY, NOBODY) != 0)
        error_exitf("cannot stop being root: %s", strerror(errno));
}

void confine(void)
{
    const struct rlimit none = {0, 0};
    stop_being_root();
    setrlimit(RLIMIT_NPROC, &none);
    filter_system_calls();
}
