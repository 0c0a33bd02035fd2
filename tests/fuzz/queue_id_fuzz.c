// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz.h"
#include "queuewatch/postfix/queue_id.h"

// An id has one text, and so one path at each depth.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_make((const char *)data, size);
    struct queue_id id;
    char text[QUEUE_ID_MAX], path[QUEUE_ID_PATH_MAX];
    if (!queue_id_parse(in, &id))
        return 0;
    FUZZ_CHECK(slice_equal(slice_make(text, queue_id_format(&id, text)), in));
    for (unsigned depth = 0; depth <= QUEUE_ID_DEPTH_MAX; depth++) {
        queue_id_path(&id, depth, path);
        FUZZ_CHECK(strlen(path) == 2 * depth + size && strcmp(path + 2 * depth, text) == 0);
    }
    return 0;
}
