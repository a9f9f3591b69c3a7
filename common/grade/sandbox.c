/* sandbox.c -- the command line of bwrap, the limits, and the waiting. */
#include "common/grade/sandbox.h"

#include "common/base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { MOST_ARGUMENTS = 128, FILES = 64, CHANNEL = 3 };

const char *const sandbox_system[] = {
    "/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache", NULL};

char *const sandbox_environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                     "LC_ALL=C",
                                     "OMP_NUM_THREADS=1",
                                     "OMP_THREAD_LIMIT=1", /* whatever num_threads asks for */
                                     "OPENBLAS_NUM_THREADS=1",
                                     "TMPDIR=.",
                                     NULL};

const char *sandbox_name(SandboxTier tier)
{
    static const char *const names[] = {"limits", "namespaces", "bubblewrap"};
    return names[tier];
}

bool sandbox_is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool sandbox_is_shown(const char *path)
{
    for (int i = 0; sandbox_system[i]; i++) {
        if (sandbox_is_below(path, sandbox_system[i]))
            return true;
    }
    return false;
}

void sandbox_remove_trace(pid_t process)
{
    char path[64];
    snprintf(path, sizeof path, "/dev/shm/__KMP_REGISTERED_LIB_%d_%d", (int)process, (int)getuid());
    unlink(path);
}

/* ---- in the child ----------------------------------------------------------------------------------- */

typedef struct Line {
    const char *word[MOST_ARGUMENTS];
    int count;
} Line;

static void add(Line *l, const char *word)
{
    if (l->count < MOST_ARGUMENTS - 1)
        l->word[l->count++] = word;
}

static void add_view(Line *l, const char *how, const char *path)
{
    add(l, how);
    add(l, path);
    add(l, path);
}

/* A folder of the system; /lib -> usr/lib stays a link, so that what is hidden in /usr is hidden there too. */
static void add_system(Line *l, const char *path)
{
    static char targets[8][256];
    static int links;
    ssize_t length = links < 8 ? readlink(path, targets[links], sizeof targets[0] - 1) : -1;
    if (length <= 0) {
        add_view(l, "--ro-bind-try", path);
        return;
    }
    targets[links][length] = '\0';
    add(l, "--symlink");
    add(l, targets[links++]);
    add(l, path);
}

/* Hidden, and not already by a folder around it. */
bool sandbox_must_hide(const Sandbox *s, int i)
{
    for (int k = 0; k < SANDBOX_HIDDEN && s->hidden[k]; k++) {
        bool around = strcmp(s->hidden[i], s->hidden[k]) != 0 || k < i;
        if (k != i && around && sandbox_is_below(s->hidden[i], s->hidden[k]))
            return false;
    }
    return sandbox_is_shown(s->hidden[i]);
}

static void bubblewrap_run(const Sandbox *s, char *const *argv)
{
    Line l = {.count = 0};
    static const char *const always[] = {"bwrap",         "--unshare-pid", "--unshare-net",
                                         "--unshare-ipc", "--unshare-uts", "--die-with-parent",
                                         "--new-session", "--cap-drop",    "ALL"};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        add(&l, always[i]);
    if (geteuid() != 0) {
        add(&l, "--unshare-user");
    } else if (s->may_change_user) {
        add(&l, "--cap-add");
        add(&l, "CAP_SETUID");
        add(&l, "--cap-add");
        add(&l, "CAP_SETGID");
    }
    for (int i = 0; sandbox_system[i]; i++)
        add_system(&l, sandbox_system[i]);
    for (int i = 0; i < SANDBOX_HIDDEN && s->hidden[i]; i++) {
        if (sandbox_must_hide(s, i)) {
            add(&l, "--tmpfs");
            add(&l, s->hidden[i]);
        }
    }
    add(&l, "--dev");
    add(&l, "/dev");
    for (int i = 0; i < SANDBOX_VIEWS && s->views[i]; i++)
        add_view(&l, "--ro-bind", s->views[i]);
    add_view(&l, s->may_write ? "--bind" : "--ro-bind", s->work);
    add(&l, "--chdir");
    add(&l, s->work);
    for (int i = 0; argv[i]; i++)
        add(&l, argv[i]);
    execve("/usr/bin/bwrap", (char *const *)l.word, sandbox_environment);
}

static void limit(int what, size_t value)
{
    const struct rlimit r = {value, value};
    setrlimit(what, &r);
}

static void set_limits(const Sandbox *s)
{
    limit(RLIMIT_CPU, (size_t)s->cpu_seconds); /* SIGKILL at once: SIGXCPU could be caught */
    limit(RLIMIT_AS, s->memory);
    limit(RLIMIT_FSIZE, s->file_size);
    limit(RLIMIT_NOFILE, FILES);
    limit(RLIMIT_CORE, 0);
}

static void close_from(int first)
{
    for (int fd = first; fd < 1024; fd++)
        close(fd);
}

/* Nothing as input; output and channel where the program expects them; nothing else open. */
static void set_descriptors(const Sandbox *s)
{
    int nothing = open("/dev/null", O_RDWR),
        output = fcntl(s->output < 0 ? nothing : s->output, F_DUPFD, 16);
    int channel = s->channel < 0 ? -1 : fcntl(s->channel, F_DUPFD, 16);
    if (nothing < 0 || output < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        _exit(126);
    if (channel >= 0 && dup2(channel, CHANNEL) < 0)
        _exit(126);
    close_from(channel >= 0 ? CHANNEL + 1 : CHANNEL);
}

static void run_in_tier(const Sandbox *s, char *const *argv)
{
    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    set_descriptors(s);
    set_limits(s);
    if (s->tier == SANDBOX_BUBBLEWRAP)
        bubblewrap_run(s, argv);
    else if (s->tier == SANDBOX_NAMESPACES)
        namespaces_run(s, argv);
    sandbox_remove_trace(getpid());
    landlock_restrict(s);
    if (chdir(s->work) == 0)
        execve(argv[0], argv, sandbox_environment);
    _exit(127);
}

/* ---- in the parent ---------------------------------------------------------------------------------- */

pid_t sandbox_start(const Sandbox *s, char *const *argv)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_in_tier(s, argv);
    if (child > 0)
        setpgid(child, child); /* here too: whoever comes first */
    return child;
}

void sandbox_end(pid_t child)
{
    int status;
    if (child <= 0)
        return;
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
}

int sandbox_wait(pid_t child, double deadline)
{
    const struct timespec pause = {0, 1000000};
    int status;
    for (;;) {
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child)
            break;
        if (ended < 0 && errno != EINTR)
            return 127;
        if (clock_seconds() > deadline) {
            sandbox_end(child);
            return SANDBOX_LATE;
        }
        nanosleep(&pause, NULL);
    }
    kill(-child, SIGKILL); /* what it left behind */
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool sandbox_works(const Sandbox *s)
{
    Sandbox quiet = *s;
    quiet.output = quiet.channel = -1;
    quiet.cpu_seconds = 5;
    char *const argv[] = {"/usr/bin/true", NULL};
    pid_t child = sandbox_start(&quiet, argv);
    return child > 0 && sandbox_wait(child, clock_seconds() + 30) == 0;
}

bool sandbox_tier_works(SandboxTier tier)
{
    const Sandbox s = {.tier = tier,
                       .work = "/usr",
                       .memory = (size_t)1 << 30,
                       .file_size = 1 << 20,
                       .may_change_user = true};
    return sandbox_works(&s);
}

SandboxTier sandbox_best(void)
{
    const char *asked = getenv("GRADE_SANDBOX");
    SandboxTier tier = SANDBOX_BUBBLEWRAP;
    if (asked && strcmp(asked, "limits") == 0)
        tier = SANDBOX_LIMITS;
    else if (asked && strcmp(asked, "namespaces") == 0)
        tier = SANDBOX_NAMESPACES;
    while (tier != SANDBOX_LIMITS && !sandbox_tier_works(tier))
        tier--;
    return tier;
}
