// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_memory.h"

#include <stdlib.h>
#include <string.h>

struct probe_watched *probe_memory_find(const struct probe_memory *memory, const char *domain)
{
    struct probe_watched *found = NULL;
    HASH_FIND_STR(memory->all, domain, found);
    return found;
}

struct probe_watched *probe_memory_put(struct probe_memory *memory, const struct probe_target *target)
{
    struct probe_watched *watched = probe_memory_find(memory, target->domain);
    if (watched) {
        watched->target = *target;
        return watched;
    }
    watched = calloc(1, sizeof *watched);
    if (!watched)
        return NULL;
    watched->target = *target;
    HASH_ADD_KEYPTR(hh, memory->all, watched->target.domain, strlen(watched->target.domain), watched);
    return watched;
}

void probe_memory_drop_changes(struct probe_watched *watched, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        free(watched->changes[i].reply);
    watched->change_count -= count;
    if (watched->change_count > 0) {
        memmove(watched->changes, watched->changes + count, watched->change_count * sizeof *watched->changes);
        return;
    }
    free(watched->changes);
    watched->changes = NULL;
}

static void free_watched(struct probe_watched *watched)
{
    probe_memory_drop_changes(watched, watched->change_count);
    free(watched);
}

void probe_memory_remove(struct probe_memory *memory, struct probe_watched *watched)
{
    probe_memory_set_unrecorded(memory, watched, false);
    HASH_DEL(memory->all, watched);
    free_watched(watched);
}

void probe_memory_finish(struct probe_memory *memory)
{
    struct probe_watched *watched = memory->all;
    HASH_CLEAR(hh, memory->all); // frees the table; the entries stay linked
    for (struct probe_watched *next; watched; watched = next) {
        next = watched->hh.next;
        free_watched(watched);
    }
    memory->unrecorded = 0;
}

// The two oldest together: the rest begins with the same state.
void probe_memory_add_change(struct probe_watched *watched, const char *reply)
{
    if (watched->change_count == PROBE_CHANGES_MAX)
        probe_memory_drop_changes(watched, 2);
    struct probe_change *changes =
        realloc(watched->changes, (watched->change_count + 1) * sizeof *watched->changes);
    char *copy = strdup(reply);
    if (changes)
        watched->changes = changes;
    if (!changes || !copy) {
        free(copy);
        return;
    }
    watched->changes[watched->change_count++] =
        (struct probe_change){.at = watched->history.probes[watched->history.count - 1].at,
                              .state = watched->history.state,
                              .reply = copy};
}

void probe_memory_set_unrecorded(struct probe_memory *memory, struct probe_watched *watched, bool unrecorded)
{
    if (watched->unrecorded != unrecorded)
        memory->unrecorded += unrecorded ? 1U : -1U;
    watched->unrecorded = unrecorded;
}
