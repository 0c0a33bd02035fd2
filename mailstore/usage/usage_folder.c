// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/usage/usage_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAKEN "+taken" // no domain, and so no end of a user, is that

void usage_folder_init(struct usage_folder *folder, const char *path)
{
    *folder = (struct usage_folder){.path = path, .notes = -1, .taken = -1};
}

void usage_folder_finish(struct usage_folder *folder)
{
    if (folder->notes >= 0)
        (void)close(folder->notes);
    if (folder->taken >= 0)
        (void)close(folder->taken);
    folder->notes = folder->taken = -1;
}

bool usage_folder_open(struct usage_folder *folder)
{
    if (folder->taken >= 0)
        return true;
    folder->notes = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->notes < 0)
        return false;
    if (mkdirat(folder->notes, TAKEN, 0700) == 0 || errno == EEXIST)
        folder->taken = openat(folder->notes, TAKEN, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->taken >= 0 && flock(folder->taken, LOCK_EX | LOCK_NB) == 0)
        return true;
    const int why = errno;
    usage_folder_finish(folder);
    errno = why;
    return false;
}

// A user's note: its folder below, "." for none, and its file.
struct place {
    char tail[USAGE_USER_MAX], name[NAME_MAX + 1];
};

static struct place place_of(const char *user)
{
    struct place place = {.tail = "."};
    const size_t len = strlen(user);
    if (len > USAGE_HEAD)
        (void)slice_copy(slice_make(user + USAGE_HEAD, len - USAGE_HEAD), place.tail, sizeof place.tail);
    snprintf(place.name, sizeof place.name, "%.*s%s", USAGE_HEAD, user, USAGE_SUFFIX);
    return place;
}

static int open_folder(int in, const char *name)
{
    return openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void read_note(int fd, struct usage_taken *taken)
{
    char text[USAGE_NOTE_MAX];
    const ssize_t len = read(fd, text, sizeof text);
    taken->readable = len > 0 && usage_note_read(slice_make(text, (size_t)len), &taken->note);
}

static bool move_note(int from, int to, const char *name)
{
    return from < 0 || renameat(from, name, to, name) == 0;
}

// `from` is -1 for one that was taken before. A note that is gone meanwhile is no fault.
static bool take(int from, int to, const char *name, struct usage_taken *taken)
{
    taken->readable = false;
    if (!move_note(from, to, name))
        return false;
    const int fd = openat(to, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno != ENOENT;
    read_note(fd, taken);
    (void)close(fd);
    return true;
}

static bool is_there(const struct usage_taken *batch, size_t count, const char *user)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(batch[i].user, user) == 0)
            return true;
    return false;
}

struct batch {
    struct usage_taken *taken;
    size_t count, before; // `before`: those from the other folder
};

static void take_notes(int from, int to, const char *tail, DIR *list, struct batch *batch)
{
    const struct dirent *entry;
    const struct slice end = strcmp(tail, ".") == 0 ? SLICE("") : slice_from(tail);
    while (batch->count < USAGE_BATCH && (entry = readdir(list))) {
        struct usage_taken *taken = &batch->taken[batch->count];
        if (usage_note_user(end, slice_from(entry->d_name), taken->user) &&
            !is_there(batch->taken, batch->before, taken->user) && take(from, to, entry->d_name, taken))
            batch->count++;
    }
}

// The notes of one folder. `new` is where Dovecot writes them; -1: those that were taken before.
static void take_from(const struct usage_folder *folder, bool is_new, const char *tail, struct batch *batch)
{
    if (is_new && strcmp(tail, ".") != 0)
        (void)mkdirat(folder->taken, tail, 0700);
    const int to = open_folder(folder->taken, tail), from = is_new ? open_folder(folder->notes, tail) : -1;
    const int fd = open_folder(is_new ? folder->notes : folder->taken, tail);
    DIR *list = fd >= 0 && to >= 0 ? fdopendir(fd) : NULL;
    if (list)
        take_notes(from, to, tail, list, batch);
    if (list)
        (void)closedir(list);
    else if (fd >= 0)
        (void)close(fd);
    if (from >= 0)
        (void)close(from);
    if (to >= 0)
        (void)close(to);
}

static bool is_tail(const struct dirent *entry)
{
    return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
           strcmp(entry->d_name, TAKEN) != 0;
}

static void take_all(const struct usage_folder *folder, bool is_new, struct batch *batch)
{
    const struct dirent *entry;
    const int fd = open_folder(is_new ? folder->notes : folder->taken, ".");
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    batch->before = is_new ? 0 : batch->count;
    take_from(folder, is_new, ".", batch);
    while (list && batch->count < USAGE_BATCH && (entry = readdir(list)))
        if (is_tail(entry))
            take_from(folder, is_new, entry->d_name, batch);
    if (list)
        (void)closedir(list);
    else if (fd >= 0)
        (void)close(fd);
}

size_t usage_folder_take(struct usage_folder *folder, struct usage_taken *taken)
{
    struct batch batch = {.taken = taken};
    take_all(folder, true, &batch);
    take_all(folder, false, &batch);
    return batch.count;
}

void usage_folder_remove(struct usage_folder *folder, const struct usage_taken *taken)
{
    const struct place place = place_of(taken->user);
    const int in = open_folder(folder->taken, place.tail);
    if (in < 0)
        return;
    (void)unlinkat(in, place.name, 0);
    (void)close(in);
}
