// SPDX-License-Identifier: BSD-2-Clause
#include "directory/directory.h"

#include "base/clock.h"
#include "base/memory.h"
#include "directory/directory_snapshot.h"

#include <stdlib.h>

#define LOOK_MS 1000 // between two looks for a replica that is missing or may have been replaced

struct directory {
    char *path;
    struct replica *replica; // NULL: none was found yet
    struct directory_snapshot snapshot;
    uint64_t opened; // how many replicas were opened so far
    int64_t look_at; // on the monotonic clock: the next look into the folder
    struct problem problem;
};

struct directory *directory_create(const char *path)
{
    struct directory *directory = memory_or_exit(calloc(1, sizeof *directory));
    directory->path = memory_or_exit(strdup(path));
    directory->look_at = INT64_MIN;
    return directory;
}

void directory_destroy(struct directory *directory)
{
    if (!directory)
        return;
    replica_close(directory->replica);
    free(directory->path);
    free(directory);
}

// A replica that was removed stays in use until a new one is loaded, so that there is no gap.
static void look(struct directory *directory)
{
    const int64_t now = clock_mono_ms();
    if (now < directory->look_at)
        return;
    directory->look_at = now + LOOK_MS;
    if (directory->replica && replica_in_place(directory->replica, directory->path))
        return;
    struct replica *fresh = replica_open(directory->path, &directory->problem);
    if (!fresh)
        return;
    replica_close(directory->replica);
    directory->replica = fresh;
    directory->opened++;
}

enum directory_rc directory_begin(struct directory *directory, const struct directory_snapshot **out)
{
    look(directory);
    if (!directory->replica || !replica_take(directory->replica, &directory->problem))
        return DIRECTORY_UNAVAILABLE;
    directory->snapshot.replica = directory->replica;
    // LMDB counts from 1 again in a new environment.
    directory->snapshot.version = directory->opened << 48 | mdb_txn_id(directory->replica->txn);
    *out = &directory->snapshot;
    return DIRECTORY_OK;
}

void directory_end(struct directory *directory)
{
    replica_release(directory->replica);
}

const char *directory_problem(const struct directory *directory)
{
    return directory->problem.text;
}

uint64_t directory_version(const struct directory_snapshot *snapshot)
{
    return snapshot->version;
}

int64_t directory_checked_at(const struct directory_snapshot *snapshot)
{
    struct slice key, value;
    unsigned long long seconds;
    if (!replica_get(snapshot->replica, LAYOUT_META, SLICE(DIRECTORY_NOTE_CHECKED_AT), &key, &value) ||
        !slice_number(value, INT64_MAX, &seconds))
        return 0;
    return (int64_t)seconds;
}
