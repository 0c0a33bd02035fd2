// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/changed_keys.h"

#include "base/memory.h"
#include "replicator/row_query.h"

#include <stdlib.h>

static size_t count_bytes(const PGresult *changes)
{
    size_t bytes = 1;
    for (int i = 0; i < PQntuples(changes); i++)
        bytes += (size_t)PQgetlength(changes, i, 1);
    return bytes;
}

// Also for changes that an earlier release logged, of a kind whose changes now name two fields.
static bool names_table(const PGresult *changes)
{
    enum directory_kind kind;
    for (int i = 0; i < PQntuples(changes); i++) {
        if (PQgetisnull(changes, i, 1))
            return true;
        if (schema_kind_named(slice_from(PQgetvalue(changes, i, 0)), &kind) &&
            schema_kinds[kind].change_fields == 2 && !strchr(PQgetvalue(changes, i, 1), ' '))
            return true;
    }
    return false;
}

enum changed_keys_rc changed_keys_init(struct changed_keys *keys, const PGresult *changes)
{
    const size_t rows = (size_t)PQntuples(changes);
    char *at;
    *keys = (struct changed_keys){.count = 0};
    if (rows > ROW_QUERY_CHANGES_MAX || names_table(changes))
        return CHANGED_KEYS_ALL;
    keys->kinds = memory_or_exit(calloc(rows + 1, sizeof *keys->kinds));
    keys->texts = memory_or_exit(calloc(rows + 1, sizeof *keys->texts));
    keys->bytes = at = memory_or_exit(malloc(count_bytes(changes)));
    for (int i = 0; i < (int)rows; i++) {
        const size_t len = (size_t)PQgetlength(changes, i, 1);
        if (!schema_kind_named(slice_from(PQgetvalue(changes, i, 0)), &keys->kinds[keys->count]))
            continue;
        memcpy(at, PQgetvalue(changes, i, 1), len);
        keys->texts[keys->count++] = slice_make(at, len);
        at += len;
    }
    return CHANGED_KEYS_OK;
}

void changed_keys_finish(struct changed_keys *keys)
{
    free(keys->kinds);
    free(keys->texts);
    free(keys->bytes);
    *keys = (struct changed_keys){.count = 0};
}

size_t changed_keys_chunk(struct changed_keys *keys, enum directory_kind *kind, const struct slice **texts)
{
    const size_t first = keys->next;
    if (first == keys->count)
        return 0;
    *kind = keys->kinds[first];
    *texts = &keys->texts[first];
    while (keys->next < keys->count && keys->kinds[keys->next] == *kind &&
           keys->next - first < CHANGED_KEYS_CHUNK)
        keys->next++;
    return keys->next - first;
}
