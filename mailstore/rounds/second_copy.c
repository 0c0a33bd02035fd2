// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/second_copy.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS = 4 };

// Equal in the first four, and lower in the last: the message itself.
const char *const second_copy_look_fields[] = {
    "mailbox-guid", "hdr.delivered-to", "hdr.received", "size.physical", "uid", NULL};
const char *const second_copy_text_fields[] = {"mailbox-guid", "uid", "text", NULL};

struct line {
    const char *keys[KEYS];
    struct slice uid;
};

// Only what LMTP delivered has an id of its delivery.
static bool is_delivered(const struct line *line)
{
    return *line->keys[0] && *line->keys[1] && strstr(line->keys[2], " with LMTP") && line->uid.len > 0;
}

static int compare_keys(const struct line *a, const struct line *b)
{
    for (size_t i = 0; i < KEYS; i++) {
        const int order = strcmp(a->keys[i], b->keys[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

// UIDs have no leading zeros.
static int compare_lines(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    const int order = compare_keys(a, b);
    if (order != 0 || a->uid.len == b->uid.len)
        return order != 0 ? order : slice_compare(a->uid, b->uid);
    return a->uid.len < b->uid.len ? -1 : 1;
}

static size_t read_lines(const struct doveadm_answer *look, struct line *lines)
{
    size_t count = 0;
    for (size_t row = 0; row < look->rows; row++) {
        struct line *line = &lines[count];
        for (size_t i = 0; i < KEYS; i++)
            line->keys[i] = doveadm_answer_text(look, row, second_copy_look_fields[i]);
        line->uid = slice_from(doveadm_answer_text(look, row, second_copy_look_fields[KEYS]));
        count += is_delivered(line);
    }
    return count;
}

static bool make_copy(const struct line *first, const struct line *extra, struct second_copy *out)
{
    return slice_copy(slice_from(first->keys[0]), out->folder, sizeof out->folder) &&
           slice_copy(first->uid, out->first, sizeof out->first) &&
           slice_copy(extra->uid, out->extra, sizeof out->extra);
}

size_t second_copy_find(const struct doveadm_answer *look, struct second_copy *out)
{
    struct line *lines = calloc(look->rows + 1, sizeof *lines);
    const size_t count = lines ? read_lines(look, lines) : 0;
    size_t found = 0, first = 0;
    if (count > 1)
        qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 1; i < count && found < SECOND_COPY_MAX; i++)
        if (compare_keys(&lines[first], &lines[i]) != 0)
            first = i;
        else
            found += make_copy(&lines[first], &lines[i], &out[found]);
    free(lines);
    return found;
}

static bool is_row(const struct doveadm_answer *texts, size_t row, const char *folder, const char *uid)
{
    return strcmp(doveadm_answer_text(texts, row, "mailbox-guid"), folder) == 0 &&
           strcmp(doveadm_answer_text(texts, row, "uid"), uid) == 0;
}

bool second_copy_proved(const struct doveadm_answer *texts, const struct second_copy *copy)
{
    return texts->end == DOVEADM_OK && texts->rows == 2 && strcmp(copy->first, copy->extra) != 0 &&
           is_row(texts, 0, copy->folder, copy->first) && is_row(texts, 1, copy->folder, copy->extra) &&
           doveadm_answer_alike(texts, 0, 1, "text");
}
