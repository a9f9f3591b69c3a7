/* namespaces.c -- what bwrap does, in the few steps that a grader needs: own user, process,
 * mount, network and IPC namespaces, a root of read-only binds, no capabilities. */
#include "common/grade/sandbox.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATHS = 4096 };

static const char *const DEVICES[] = {"/dev/null", "/dev/zero", "/dev/urandom", NULL};

static noreturn void give_up(const char *what)
{
    dprintf(2, "sandbox: %s: %s\n", what, strerror(errno));
    _exit(126);
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        give_up(path);
    close(fd);
}

/* The user outside is nobody inside. */
static void become_nobody(uid_t user, gid_t group)
{
    char line[64];
    snprintf(line, sizeof line, "65534 %u 1", (unsigned)user);
    put("/proc/self/uid_map", line);
    put("/proc/self/setgroups", "deny");
    snprintf(line, sizeof line, "65534 %u 1", (unsigned)group);
    put("/proc/self/gid_map", line);
}

/* Makes the folders above a path, and the path itself as a folder or an empty file. */
static void make_place(char *path, bool folder)
{
    for (char *c = path + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        mkdir(path, 0755);
        *c = '/';
    }
    if (folder)
        mkdir(path, 0755);
    else
        close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
}

/* The flags that a mount already has may not be taken away in a user namespace. */
static unsigned long kept_flags(const char *path)
{
    struct statvfs v;
    unsigned long flags = 0;
    if (statvfs(path, &v) != 0)
        return 0;
    flags |= v.f_flag & ST_NOSUID ? MS_NOSUID : 0;
    flags |= v.f_flag & ST_NODEV ? MS_NODEV : 0;
    flags |= v.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
    flags |= v.f_flag & ST_NOATIME ? MS_NOATIME : 0;
    flags |= v.f_flag & ST_RELATIME ? MS_RELATIME : 0;
    return flags;
}

/* Binds what the old root has at that path to the same place in the new one. */
static void show(const char *path, bool writable, bool must)
{
    char from[PATHS], to[PATHS], link[PATHS];
    struct stat s;
    snprintf(from, sizeof from, "/old%s", path);
    snprintf(to, sizeof to, "/new%s", path);
    ssize_t length =
        lstat(from, &s) == 0 && S_ISLNK(s.st_mode) ? readlink(from, link, sizeof link - 1) : -1;
    if (length > 0) { /* /lib -> usr/lib */
        link[length] = '\0';
        if (symlink(link, to) != 0 && must)
            give_up(path);
        return;
    }
    if (stat(from, &s) != 0) {
        if (must)
            give_up(path);
        return;
    }
    make_place(to, S_ISDIR(s.st_mode));
    unsigned long flags = MS_BIND | MS_REMOUNT | kept_flags(from) | MS_NOSUID | (writable ? 0 : MS_RDONLY);
    if (mount(from, to, NULL, MS_BIND, NULL) != 0 || mount(NULL, to, NULL, flags, NULL) != 0)
        give_up(path);
}

/* An empty folder over one that a folder of the system would show. */
static void hide(const char *path)
{
    char to[PATHS];
    snprintf(to, sizeof to, "/new%s", path);
    make_place(to, true);
    if (mount("tmpfs", to, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") != 0)
        give_up(path);
}

/* After all that is shown has its place in it. */
static void close_hidden(const char *path)
{
    char to[PATHS];
    snprintf(to, sizeof to, "/new%s", path);
    if (mount(NULL, to, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0)
        give_up(path);
}

static void pivot(const char *root, const char *old)
{
    if (chdir(root) != 0 || syscall(SYS_pivot_root, ".", old) != 0)
        give_up("pivot_root");
}

/* An empty file system becomes the root, with the old root in it as /old; what may be
 * seen of that is bound into /new; then /new becomes the root and the rest is let go. */
static void change_root(const Sandbox *s)
{
    char shared[] = "/new/dev/shm"; /* where LLVM's OpenMP notes that it runs */
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        give_up("private mounts");
    if (mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") != 0 ||
        mkdir("/tmp/old", 0755) != 0 || mkdir("/tmp/new", 0755) != 0)
        give_up("a new root");
    pivot("/tmp", "old");
    if (mount("tmpfs", "/new", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") != 0)
        give_up("a new root");
    for (int i = 0; sandbox_system[i]; i++)
        show(sandbox_system[i], false, false);
    for (int i = 0; DEVICES[i]; i++)
        show(DEVICES[i], false, false);
    make_place(shared, true);
    if (mount("tmpfs", shared, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=1m") != 0)
        give_up("/dev/shm");
    for (int i = 0; i < SANDBOX_HIDDEN && s->hidden[i]; i++) {
        if (sandbox_must_hide(s, i))
            hide(s->hidden[i]);
    }
    for (int i = 0; i < SANDBOX_VIEWS && s->views[i]; i++)
        show(s->views[i], false, true);
    show(s->work, s->may_write, true);
    for (int i = 0; i < SANDBOX_HIDDEN && s->hidden[i]; i++) {
        if (sandbox_must_hide(s, i))
            close_hidden(s->hidden[i]);
    }
    pivot("/new", ".");
    if (umount2(".", MNT_DETACH) != 0 ||
        mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0 ||
        chdir(s->work) != 0)
        give_up("the new root");
}

static noreturn void end_as(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/* Three processes: this one waits outside the new process namespace; its child is process 1
 * in it, whose end ends all others; the grandchild becomes the program. */
void namespaces_run(const Sandbox *s, char *const *argv)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) !=
        0)
        give_up("unshare");
    become_nobody(user, group);
    change_root(s);
    pid_t first = fork();
    if (first > 0)
        end_as(first);
    if (first < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        give_up("fork");
    setsid();
    pid_t program = fork();
    if (program > 0)
        end_as(program);
    if (program < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up("fork");
    execve(argv[0], argv, sandbox_environment);
    _exit(127);
}
#else
void namespaces_run(const Sandbox *s, char *const *argv)
{
    (void)s;
    (void)argv;
}
#endif
