// SPDX-License-Identifier: BSD-2-Clause
#include "conf/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX = 1024 };

static bool find_file(const char *path, char out[PATH_MAX], struct problem *problem)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (*path != '/' && (strchr(path, '/') || !folder)) {
        return problem_set(
            problem, "\"%s\" is neither an absolute path nor a credential that systemd has passed", path);
    }
    const int len =
        *path == '/' ? snprintf(out, PATH_MAX, "%s", path) : snprintf(out, PATH_MAX, "%s/%s", folder, path);
    if (len > 0 && len < PATH_MAX)
        return true;
    return problem_set(problem, "the path is too long");
}

// A key or password that other accounts may read, or a group may replace, is none. The group may read it: a
// file of root's is often given to the daemon that way.
bool secret_is_private(int fd, const char *path, struct problem *problem)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return problem_set(problem, "cannot read the secret in %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXO | S_IWGRP)) == 0)
        return true;
    return problem_set(problem, "%s holds a secret, but others may %s it (mode %04o): chmod o=,g-w %s", path,
                       st.st_mode & (S_IWOTH | S_IWGRP) ? "write" : "read", st.st_mode & 07777, path);
}

// Without stdio, whose buffer would keep a copy. Returns false with what is wrong in `problem`.
static bool read_head(int fd, const char *path, char *out, size_t size, struct problem *problem)
{
    size_t len = 0;
    ssize_t got = 1;
    while (len < size && (got = read(fd, out + len, size - len)) > 0)
        len += (size_t)got;
    return got >= 0 || problem_set(problem, "cannot read the secret in %s: %s", path, strerror(errno));
}

// Likewise. A credential is in a folder that systemd keeps for this process.
static bool read_file(const char *path, bool is_credential, char *out, size_t size, struct problem *problem)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return problem_set(problem, "cannot read the secret in %s: %s", path, strerror(errno));
    const bool good =
        (is_credential || secret_is_private(fd, path, problem)) && read_head(fd, path, out, size, problem);
    close(fd);
    return good;
}

char *secret_read(const char *path, struct problem *problem)
{
    char file[PATH_MAX], head[SECRET_MAX + 2] = "";
    char *value = NULL;
    if (!find_file(path, file, problem))
        return NULL;
    const bool is_read = read_file(file, *path != '/', head, sizeof head - 1, problem);
    head[strcspn(head, "\r\n")] = '\0';
    if (!is_read)
        explicit_bzero(head, sizeof head);
    else if (!head[0])
        problem_set(problem, "the secret in %s is empty; its first line is used", path);
    else if (strlen(head) > SECRET_MAX)
        problem_set(problem, "the first line of %s is too long for a secret of at most %d bytes", path,
                    SECRET_MAX);
    else if (!(value = strdup(head)))
        problem_set(problem, "out of memory");
    explicit_bzero(head, sizeof head);
    return value;
}

void secret_free(char *value)
{
    if (value)
        explicit_bzero(value, strlen(value));
    free(value);
}
