/* sandbox.h -- where other people's code is compiled and run.
 *
 * Three tiers, the best that the machine allows:
 *   bubblewrap  bwrap: own process tree, network, mounts; sees the system's
 *               programs, common/, and one folder of its own
 *   namespaces  the same by unshare(2), where bwrap is missing
 *   limits      only limits on time, memory, files and output, and, where the kernel has
 *               Landlock, the same view of the file system; not official
 * In each, everything that was started ends when sandbox_end is called or when
 * this process dies; in the lowest, as far as it stays in its process group. */
#ifndef GRADE_SANDBOX_H
#define GRADE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef enum SandboxTier { SANDBOX_LIMITS, SANDBOX_NAMESPACES, SANDBOX_BUBBLEWRAP } SandboxTier;

enum { SANDBOX_VIEWS = 32, SANDBOX_HIDDEN = 4 };

typedef struct Sandbox {
    SandboxTier tier;
    const char *work;                 /* the folder it starts in */
    bool may_write;                   /* to that folder, and to nothing else */
    const char *views[SANDBOX_VIEWS]; /* files and folders that it may read, NULL-terminated; absolute */
    const char
        *hidden[SANDBOX_HIDDEN]; /* what it must not see, though a folder of the system may hold it */
    int cpu_seconds;
    size_t memory, file_size; /* bytes: address space; the largest file, its output included */
    int output;               /* descriptor that becomes standard output and error */
    int channel;              /* descriptor that becomes descriptor 3, or -1 */
    bool may_change_user;     /* keeps what confine() needs to stop being root */
} Sandbox;

const char *sandbox_name(SandboxTier tier);

/* The best tier that works here, tried out. The environment variable GRADE_SANDBOX
 * (bubblewrap, namespaces, limits) asks for that one or a lower one. */
SandboxTier sandbox_best(void);

/* Whether a program that does nothing runs in such a sandbox; in one of that tier. */
bool sandbox_works(const Sandbox *s);
bool sandbox_tier_works(SandboxTier tier);

/* Whether the tier `limits` hides files here (Landlock). */
bool sandbox_limits_hide(void);

/* Starts a program given by its absolute path; argv ends with NULL. The process to wait for, or -1. */
pid_t sandbox_start(const Sandbox *s, char *const *argv);

/* Waits until clock_seconds() is `deadline`, then ends it all. The exit status, or 128 + the signal;
 * SANDBOX_LATE when the deadline passed. */
enum { SANDBOX_LATE = -1 };
int sandbox_wait(pid_t child, double deadline);
void sandbox_end(pid_t child);

/* Removes what LLVM's OpenMP left in /dev/shm for a process of that number, which is none of its own any more: the
 * lowest tier has no /dev/shm for itself. A trace that was cut off (its process was killed while it wrote)
 * would end the next program of that number with SIGBUS before its first line. */
void sandbox_remove_trace(pid_t process);

/* What a program in a sandbox finds in its environment. */
extern char *const sandbox_environment[];

/* ---- between the tiers' files ------------------------------------------------------------------- */

/* The folders of the system that every sandbox sees, as far as they are there; NULL-terminated. */
extern const char *const sandbox_system[];

/* Whether a path is the folder or lies in it; both absolute and without links. */
bool sandbox_is_below(const char *path, const char *folder);

/* Whether hidden[i] must be covered: a folder of the system would show it, and no other that is hidden
 * lies around it. */
bool sandbox_must_hide(const Sandbox *s, int i);

/* In the child: builds the namespaces and runs the program in them. Does not return. */
void namespaces_run(const Sandbox *s, char *const *argv);

/* In the child: gives up all files but those of the sandbox, if the kernel can do that. */
void landlock_restrict(const Sandbox *s);

#endif
