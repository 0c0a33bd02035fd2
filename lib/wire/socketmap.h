// SPDX-License-Identifier: BSD-2-Clause
// Postfix's socketmap protocol (socketmap_table(5), src/util/dict_sockmap.c): a request is the netstring
// "map key", a reply the netstring "STATUS text". Pure: bytes in, struct out; no I/O, no allocation.
#ifndef WIRE_SOCKETMAP_H
#define WIRE_SOCKETMAP_H

#include "base/slice.h"

#define SOCKETMAP_KEY_MAX 10000      // bytes; Postfix 3.12 asks no longer one
#define SOCKETMAP_MAP_MAX 64         // bytes of a map's name
#define SOCKETMAP_REPLY_MAX 100000   // bytes of status and text; Postfix takes no longer one
#define SOCKETMAP_REQUEST_MAX 10080  // bytes of a request, its framing included
#define SOCKETMAP_ENCODED_MAX 100016 // bytes of a reply, its framing included

struct socketmap_request {
    struct slice map; // up to the first blank
    struct slice key; // any bytes after the map's name, blanks included; may be empty
};

enum socketmap_rc {
    SOCKETMAP_OK,
    SOCKETMAP_MORE,
    SOCKETMAP_TOO_BIG, // a key or a map's name above the bound; `*used` bytes may be thrown away as they come
    SOCKETMAP_NO_KEY,  // complete, but without a blank
    SOCKETMAP_MALFORMED // no netstring: nothing that follows can be understood
};

// Parses the first request in `in`. `*used` is its length: all of its bytes with SOCKETMAP_OK,
// SOCKETMAP_NO_KEY and SOCKETMAP_TOO_BIG, with the last perhaps more than have come; else 0. `*out` is
// written with SOCKETMAP_OK only, and points into `in`.
enum socketmap_rc socketmap_parse(struct slice in, struct socketmap_request *out, size_t *used)
    __attribute__((warn_unused_result));

enum socketmap_status {
    SOCKETMAP_FOUND,     // "OK text"
    SOCKETMAP_NOT_FOUND, // "NOTFOUND "
    SOCKETMAP_TEMP,      // Postfix defers
    SOCKETMAP_PERM       // Postfix defers, too, and takes it as a broken configuration
};

// Writes a reply and returns its length. What Postfix would misread becomes a TEMP: a SOCKETMAP_FOUND without
// text, with a NUL in it, or with more than SOCKETMAP_REPLY_MAX allows.
size_t socketmap_format(enum socketmap_status status, struct slice text, char out[SOCKETMAP_ENCODED_MAX]);

#endif
