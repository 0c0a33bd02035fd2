// SPDX-License-Identifier: BSD-2-Clause
#include "conf/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

// Without stdio, whose buffer would keep a copy. Returns the number of bytes, or -1.
static ssize_t read_head(const char *path, char *out, size_t size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -1;
    size_t len = 0;
    ssize_t got = 1;
    while (len < size && (got = read(fd, out + len, size - len)) > 0)
        len += (size_t)got;
    const int error = errno;
    close(fd);
    errno = error;
    return got < 0 ? -1 : (ssize_t)len;
}

char *secret_read(const char *path, struct problem *problem)
{
    char file[PATH_MAX], head[SECRET_MAX + 2] = "";
    char *value = NULL;
    if (!find_file(path, file, problem))
        return NULL;
    const ssize_t got = read_head(file, head, sizeof head - 1);
    head[strcspn(head, "\r\n")] = '\0';
    if (got < 0)
        problem_set(problem, "cannot read the secret in %s: %s", path, strerror(errno));
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
