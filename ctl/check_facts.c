// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check_facts.h"

#include "base/memory.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { GROUPS_MAX = 64 };

void check_facts_init(struct check_facts *facts)
{
    facts->out = memory_or_exit(open_memstream(&facts->text, &facts->size));
}

void check_facts_finish(struct check_facts *facts)
{
    if (facts->out)
        fclose(facts->out);
    free(facts->text);
}

struct postconf check_facts_read(struct check_facts *facts)
{
    fflush(facts->out);
    return (struct postconf){.text = slice_make(facts->text, facts->size)};
}

void check_facts_add(struct check_facts *facts, const char *name, const char *format, ...)
{
    char value[8192];
    va_list arguments;
    va_start(arguments, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 loses sight of va_start()
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    for (char *at = value; *at; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
    fprintf(facts->out, "%s = %s\n", name, value);
}

void check_facts_account(struct check_facts *facts, struct slice name)
{
    char text[64], key[80], groups_text[GROUPS_MAX * 12];
    gid_t groups[GROUPS_MAX];
    int count = GROUPS_MAX;
    size_t len = 0;
    const struct passwd *user = slice_copy(name, text, sizeof text) && text[0] ? getpwnam(text) : NULL;
    if (!user)
        return;
    const uid_t uid = user->pw_uid;
    if (getgrouplist(text, user->pw_gid, groups, &count) < 0)
        count = GROUPS_MAX;
    groups_text[0] = '\0';
    for (int i = 0; i < count; i++)
        len += (size_t)snprintf(groups_text + len, sizeof groups_text - len, "%s%u", i ? "," : "", groups[i]);
    snprintf(key, sizeof key, "account.%s", text);
    check_facts_add(facts, key, "%u:%s", uid, groups_text);
}

static char type_of(mode_t mode)
{
    return S_ISDIR(mode) ? 'd' : S_ISREG(mode) ? 'f' : S_ISSOCK(mode) ? 's' : '?';
}

static void add_part(struct check_facts *facts, const char *name, const char *part, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void add_part(struct check_facts *facts, const char *name, const char *part, const char *format, ...)
{
    char key[128], value[4096];
    va_list arguments;
    va_start(arguments, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): as above
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    snprintf(key, sizeof key, "path.%s.%s", name, part);
    check_facts_add(facts, key, "%s", value);
}

static void try_connect(struct check_facts *facts, const char *name, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && slice_copy(slice_from(path), address.sun_path, sizeof address.sun_path) &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 && errno != EACCES &&
        errno != EAGAIN)
        add_part(facts, name, "connect", "%s", strerror(errno));
    if (fd >= 0)
        close(fd);
}

// The folders of `path` from the root on, and itself.
static void add_parts(struct check_facts *facts, const char *name, const char *path)
{
    char parts[4096] = "", at[PATH_MAX];
    struct stat file;
    size_t len = 0;
    for (size_t end = 1;; end += strcspn(path + end, "/")) {
        snprintf(at, sizeof at, "%.*s", (int)end, path);
        if (stat(at, &file) != 0) {
            add_part(facts, name, "error", "%s", strerror(errno));
            add_part(facts, name, "error_at", "%s", at);
            return;
        }
        if (len < sizeof parts)
            len += (size_t)snprintf(parts + len, sizeof parts - len, "%s%u:%u:%04o%c", len ? " " : "",
                                    file.st_uid, file.st_gid, file.st_mode & 07777, type_of(file.st_mode));
        if (path[end] == '\0')
            break;
        end += path[end] == '/';
    }
    add_part(facts, name, "parts", "%s", parts);
    if (S_ISSOCK(file.st_mode))
        try_connect(facts, name, path);
}

void check_facts_path(struct check_facts *facts, const char *name, const char *path)
{
    char real[PATH_MAX];
    if (path[0] != '/')
        return;
    const char *walked = realpath(path, real) ? real : path;
    add_part(facts, name, "at", "%s", walked);
    add_parts(facts, name, walked);
}

bool check_facts_program(const char *daemon, char *out, size_t size)
{
    char self[PATH_MAX];
    struct slice folder, name;
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self);
    folder = slice_make(self, len > 0 ? (size_t)len : 0);
    if (!slice_split_last(folder, '/', &folder, &name))
        return false;
    snprintf(out, size, "%.*s/emailgency-%s", (int)folder.len, folder.ptr, daemon);
    if (access(out, X_OK) == 0)
        return true;
    // In a build tree each is in the folder of its sources, which has no hyphen.
    (void)slice_split_last(folder, '/', &folder, &name);
    const char *const rest = strchr(daemon, '-');
    snprintf(out, size, "%.*s/%.*s%s/emailgency-%s", (int)folder.len, folder.ptr, (int)strcspn(daemon, "-"),
             daemon, rest ? rest + 1 : "", daemon);
    return access(out, X_OK) == 0;
}
