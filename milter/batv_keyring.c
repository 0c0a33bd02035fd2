// SPDX-License-Identifier: BSD-2-Clause
#include "milter/batv_keyring.h"

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

static bool read_file(const char *path, char text[FILE_MAX], size_t *len, char *problem, size_t size)
{
    FILE *file = fopen(path, "re");
    *len = file ? fread(text, 1, FILE_MAX, file) : 0;
    const bool whole = file && !ferror(file) && *len < FILE_MAX;
    if (!whole)
        snprintf(problem, size, "%s: %s", path,
                 file && !ferror(file) ? "too long for a file of keys" : strerror(errno));
    if (file)
        fclose(file);
    return whole;
}

// No keys for an empty path.
static bool read_keys(const char *path, struct batv_keys *keys, char *problem, size_t size)
{
    char text[FILE_MAX], why[256];
    size_t len;
    *keys = (struct batv_keys){.count = 0};
    if (!*path)
        return true;
    if (!read_file(path, text, &len, problem, size))
        return false;
    const bool good = batv_keys_parse(slice_make(text, len), keys, why, sizeof why);
    explicit_bzero(text, sizeof text);
    if (!good)
        snprintf(problem, size, "%s: %s", path, why);
    return good;
}

bool batv_keyring_load(const char *path, char *problem, size_t size)
{
    struct batv_keys keys;
    const bool good = read_keys(path, &keys, problem, size);
    if (good)
        replace(&keys);
    return good;
}

const char *batv_keyring_check(const char *path)
{
    static char problem[512];
    struct batv_keys keys;
    if (*path && *path != '/')
        return "write an absolute path, or nothing for none";
    const bool good = read_keys(path, &keys, problem, sizeof problem);
    batv_keys_finish(&keys);
    return good ? NULL : problem;
}

bool batv_keyring_copy(struct batv_keys *out)
{
    pthread_mutex_lock(&lock);
    *out = current;
    pthread_mutex_unlock(&lock);
    return out->count > 0;
}
