// SPDX-License-Identifier: BSD-2-Clause
// Paths matched with patterns such as "/d/{d}/mailboxes/{a}". Pure.
#ifndef WEB_WEB_PATH_H
#define WEB_WEB_PATH_H

#include "web/web_form.h"

enum { WEB_PART_MAX = 320 }; // bytes of a part, decoded: an address (RFC 5321 section 4.5.3.1)

// Matches a path, still percent-encoded, with a pattern. A segment "{name}", or "{name}.suffix", of the
// pattern stands for any segment but an empty one, percent-encoded; the others are compared byte by byte.
// Appends the decoded parts to `parts`, under their names. `room` has room for path.len bytes and must
// outlive them. Returns false, with `parts` as it was, for another path, a malformed or long part, and if
// there is no room in `parts`.
bool web_path_match(const char *pattern, struct slice path, char *room, struct web_form *parts)
    __attribute__((warn_unused_result));

// Writes the path of a pattern with these parts, percent-encoded and NUL-terminated. Returns false if it does
// not fit, or a part is missing.
bool web_path_make(const char *pattern, const struct web_form *parts, char *out, size_t size)
    __attribute__((warn_unused_result));

#endif
