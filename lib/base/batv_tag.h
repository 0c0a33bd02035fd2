// SPDX-License-Identifier: BSD-2-Clause
// The shape of the tag that milter/batv/batv.h puts at the end of a sender's local part. Whoever looks for a
// row takes it off first: this service put it there, and it is part of no name.
#ifndef BASE_BATV_TAG_H
#define BASE_BATV_TAG_H

#include "base/slice.h"

#define BATV_TAG_LEN (sizeof "+prvs=KDDDSSSSSSSSSS" - 1)
#define BATV_TAG_HEAD_LEN 4 // "KDDD": the key's id and the last day

// Finds the tag at the end of `local`, which may be quoted: its quotes are around the tag as well.
// `delimiter` is the first of Postfix's recipient_delimiter. `*at` is the position of the tag's delimiter;
// unchanged, and the return is false, where there is no tag, or nothing before it. Letters may be in either
// case.
bool batv_tag_find(struct slice local, char delimiter, size_t *at);

// "KDDD" and the ten digits after it, of the tag at `at` of `local`.
struct slice batv_tag_head(struct slice local, size_t at);
struct slice batv_tag_signature(struct slice local, size_t at);

#endif
