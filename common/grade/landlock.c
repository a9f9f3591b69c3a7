/* landlock.c -- what the tier `limits` can still hide: Linux lets any process give up the file system
 * but for a list of folders (landlock(7), 5.13), also in a container that forbids namespaces. */
#include "common/grade/sandbox.h"

#if defined(__linux__) && __has_include(<linux/landlock.h>)
#include <dirent.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the first version of Landlock knows; later ones know more, and an older kernel refuses those. */
static const uint64_t READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
                      RUN = LANDLOCK_ACCESS_FS_EXECUTE, ALL = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
                      OF_FILES = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                 LANDLOCK_ACCESS_FS_EXECUTE;

static void allow(int rules, const char *path, uint64_t what)
{
    struct stat s;
    struct landlock_path_beneath_attr rule = {.parent_fd = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent_fd < 0)
        return;
    bool folder = fstat(rule.parent_fd, &s) == 0 && S_ISDIR(s.st_mode);
    rule.allowed_access = folder ? what : what & OF_FILES;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

/* Allows a folder of the system, without what is hidden and lies in it. */
static void allow_but(int rules, const char *path, const char *const *hidden)
{
    struct stat link;
    bool whole = true;
    if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode)) /* what it points to is allowed by its own name */
        return;
    for (int i = 0; i < SANDBOX_HIDDEN && hidden[i]; i++) {
        whole = whole && !sandbox_is_below(hidden[i], path);
        if (strcmp(hidden[i], path) == 0)
            return;
    }
    DIR *folder = whole ? NULL : opendir(path);
    if (whole)
        allow(rules, path, READ | RUN);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char below[4096];
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            allow_but(rules, below, hidden);
    }
    if (folder)
        closedir(folder);
}

bool sandbox_limits_hide(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

void landlock_restrict(const Sandbox *s)
{
    const struct landlock_ruleset_attr attribute = {.handled_access_fs = ALL};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attribute, sizeof attribute, 0);
    if (rules < 0)
        return; /* an old kernel: the looks at source and object stand alone */
    for (int i = 0; sandbox_system[i]; i++)
        allow_but(rules, sandbox_system[i], s->hidden);
    for (int i = 0; i < SANDBOX_VIEWS && s->views[i]; i++)
        allow(rules, s->views[i], READ);
    allow(rules, "/dev/null", ALL);
    allow(rules, "/dev/zero", READ);
    allow(rules, "/dev/urandom", READ);
    allow(rules, "/dev/shm", ALL); /* where LLVM's OpenMP notes that it runs */
    allow(rules, s->work, s->may_write ? ALL : READ | RUN);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
}
#else
bool sandbox_limits_hide(void)
{
    return false;
}

void landlock_restrict(const Sandbox *s)
{
    (void)s;
}
#endif
