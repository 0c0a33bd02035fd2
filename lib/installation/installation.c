// SPDX-License-Identifier: BSD-2-Clause
#include "installation/installation.h"

#include "base/slice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// From the folder of the running program: as installed, and in a build tree.
static const struct {
    const char *installed, *built;
} folders[] = {
    [INSTALLATION_PROGRAMS] = {EMG_PROGRAMS_FOLDER, "../installed/sbin"},
    [INSTALLATION_LIBEXEC] = {EMG_LIBEXEC_FOLDER, "../installed/libexec"},
    [INSTALLATION_DATA] = {EMG_DATA_FOLDER, "../installed/share"},
};

// The folder of the running program, links resolved. An upgrade that replaced the program changes the name's
// end alone (proc(5): " (deleted)").
static bool find_own(char exe[INSTALLATION_PATH_MAX], struct slice *own, struct problem *problem)
{
    ssize_t len = readlink("/proc/self/exe", exe, INSTALLATION_PATH_MAX);
    if (len < 0)
        return problem_set(problem, "cannot read /proc/self/exe: %s", strerror(errno));
    struct slice name;
    if (len == INSTALLATION_PATH_MAX || !slice_split_last(slice_make(exe, (size_t)len), '/', own, &name))
        return problem_set(problem, "the path of the running program is too long or unknown");
    return true;
}

// `own`/`relative`/`name`, without "..".
static bool join(struct slice own, const char *relative, const char *name, char path[INSTALLATION_PATH_MAX])
{
    struct slice rest = slice_from(relative), step, dropped;
    while (slice_has_prefix(rest, SLICE(".."))) {
        if (!slice_split_last(own, '/', &own, &dropped))
            return false;
        (void)slice_split(rest, '/', &step, &rest);
    }
    int len = snprintf(path, INSTALLATION_PATH_MAX, "%.*s/%.*s%s%s", (int)own.len, own.ptr, (int)rest.len,
                       rest.ptr, rest.len ? "/" : "", name);
    if (len >= 0 && len < INSTALLATION_PATH_MAX)
        return true;
    *path = '\0';
    return false;
}

bool installation_find(enum installation_folder folder, const char *name, char path[INSTALLATION_PATH_MAX],
                       struct problem *problem)
{
    char exe[INSTALLATION_PATH_MAX];
    struct slice own = {0};
    *path = '\0';
    if (!find_own(exe, &own, problem))
        return false;
    const char *const places[] = {folders[folder].installed, folders[folder].built,
                                  folders[folder].installed};
    for (size_t i = 0; i < sizeof places / sizeof *places;
         i++) // a file that is nowhere is missing where it is installed
        if (join(own, places[i], name, path) && access(path, F_OK) == 0)
            return true;
    return problem_set(problem, "%s: %s: is the installation complete?", *path ? path : name,
                       strerror(errno));
}
