// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/follow/log_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct candidate {
    const char *path;
    struct stat status;
    char id[LOG_FILE_ID_MAX];
};

// Called per file; returns whether it is better than what was found before.
typedef bool (*better_fn)(const struct candidate *file, void *arg);

static bool is_compressed(const char *name)
{
    static const char *const ends[] = {".gz", ".xz", ".bz2", ".zst", ".lz4"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (slice_has_suffix_nocase(slice_from(name), slice_from(ends[i])))
            return true;
    return false;
}

static bool look_at(const char *path, struct candidate *out)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const bool good = fd >= 0 && fstat(fd, &out->status) == 0 && S_ISREG(out->status.st_mode);
    out->path = path;
    if (good)
        log_file_id(fd, out->id);
    if (fd >= 0)
        close(fd);
    return good;
}

static bool walk(const char *log, better_fn better, void *arg, char out[PATH_MAX])
{
    char folder[PATH_MAX], path[PATH_MAX];
    struct slice head, name;
    struct candidate file;
    bool found = false;
    if (!slice_split_last(slice_from(log), '/', &head, &name) || !slice_copy(head, folder, sizeof folder))
        return false;
    DIR *entries = opendir(folder[0] ? folder : "/");
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        if (!slice_has_prefix(slice_from(entry->d_name), name) || is_compressed(entry->d_name) ||
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path)
            continue;
        if (look_at(path, &file) && better(&file, arg)) {
            memcpy(out, path, sizeof path);
            found = true;
        }
    }
    if (entries)
        closedir(entries);
    return found;
}

struct wanted {
    const char *id;
    int64_t size;
};

static bool is_longer(const struct candidate *file, void *arg)
{
    struct wanted *wanted = arg;
    if (strcmp(file->id, wanted->id) != 0 || file->status.st_size < wanted->size)
        return false;
    wanted->size = file->status.st_size + 1;
    return true;
}

bool log_folder_find(const char *log, const char *id, int64_t size, char out[PATH_MAX])
{
    struct wanted wanted = {.id = id, .size = size};
    return id[0] && walk(log, is_longer, &wanted, out);
}

struct successor {
    const struct log_file *of;
    int64_t size;
    struct timespec since, first;
    bool has_first;
};

static int compare(struct timespec a, struct timespec b)
{
    if (a.tv_sec != b.tv_sec)
        return a.tv_sec < b.tv_sec ? -1 : 1;
    return a.tv_nsec < b.tv_nsec ? -1 : a.tv_nsec > b.tv_nsec;
}

static bool is_earlier(const struct candidate *file, void *arg)
{
    struct successor *next = arg;
    const struct timespec changed = file->status.st_mtim;
    const bool is_same = file->status.st_ino == next->of->inode && file->status.st_dev == next->of->device;
    // A copy of it, as copytruncate makes.
    const bool is_copy = strcmp(file->id, next->of->id) == 0 && file->status.st_size == next->size;
    if (is_same || is_copy || compare(changed, next->since) < 0 ||
        (next->has_first && compare(changed, next->first) >= 0))
        return false;
    next->first = changed;
    next->has_first = true;
    return true;
}

bool log_folder_next(const char *log, const struct log_file *file, char out[PATH_MAX])
{
    struct stat status;
    struct successor next = {.of = file};
    if (fstat(file->fd, &status) < 0)
        return false;
    next.since = status.st_mtim;
    next.size = status.st_size;
    return walk(log, is_earlier, &next, out);
}
