// SPDX-License-Identifier: BSD-2-Clause
#include "milter/batv_keyring.h"

#include "conf/secret.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 8192 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct batv_keys current;

static void replace(struct batv_keys *keys)
{
    pthread_mutex_lock(&lock);
    batv_keys_finish(&current);
    current = *keys;
    pthread_mutex_unlock(&lock);
    batv_keys_finish(keys);
}

static bool read_file(const char *path, char text[FILE_MAX], size_t *len, struct problem *problem)
{
    FILE *file = fopen(path, "re");
    *len = 0;
    if (!file)
        return problem_set(problem, "%s: %s", path, strerror(errno));
    if (!secret_is_private(fileno(file), path, problem)) {
        fclose(file);
        return false;
    }
    *len = fread(text, 1, FILE_MAX, file);
    const bool whole = !ferror(file) && *len < FILE_MAX;
    if (!whole)
        problem_set(problem, "%s: %s", path, ferror(file) ? strerror(errno) : "too long for a file of keys");
    fclose(file);
    return whole;
}

// No keys for an empty path.
static bool read_keys(const char *path, struct batv_keys *keys, struct problem *problem)
{
    char text[FILE_MAX];
    struct problem why;
    size_t len;
    *keys = (struct batv_keys){.count = 0};
    if (!*path)
        return true;
    if (!read_file(path, text, &len, problem))
        return false;
    const bool good = batv_keys_parse(slice_make(text, len), keys, &why);
    explicit_bzero(text, sizeof text);
    return good || problem_set(problem, "%s: %s", path, why.text);
}

bool batv_keyring_load(const char *path, struct problem *problem)
{
    struct batv_keys keys;
    const bool good = read_keys(path, &keys, problem);
    if (good)
        replace(&keys);
    return good;
}

bool batv_keyring_check(const char *path, struct problem *problem)
{
    struct batv_keys keys;
    if (*path && *path != '/')
        return problem_set(problem, "write an absolute path, or nothing for none");
    const bool good = read_keys(path, &keys, problem);
    batv_keys_finish(&keys);
    return good;
}

bool batv_keyring_copy(struct batv_keys *out)
{
    pthread_mutex_lock(&lock);
    *out = current;
    pthread_mutex_unlock(&lock);
    return out->count > 0;
}
