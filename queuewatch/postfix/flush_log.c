// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/postfix/flush_log.h"

static void fold(char *byte)
{
    if (*byte >= 'A' && *byte <= 'Z')
        *byte = (char)(*byte - 'A' + 'a');
    else if ((*byte < 'a' || *byte > 'z') && (*byte < '0' || *byte > '9'))
        *byte = '_';
}

bool flush_log_name(struct slice domain, char *out, size_t size)
{
    out[0] = '\0';
    if (domain.len == 0 || domain.len >= size)
        return false;
    for (size_t i = 0; i < domain.len; i++) {
        out[i] = domain.ptr[i];
        fold(&out[i]);
    }
    out[domain.len] = '\0';
    return true;
}

bool flush_log_next(struct slice *rest, struct queue_id *out)
{
    const char *end;
    while (rest->len > 0 && (end = memchr(rest->ptr, '\n', rest->len)) != NULL) {
        const struct slice line = slice_make(rest->ptr, (size_t)(end - rest->ptr));
        *rest = slice_skip(*rest, line.len + 1);
        if (queue_id_parse(line, out))
            return true;
    }
    return false;
}
