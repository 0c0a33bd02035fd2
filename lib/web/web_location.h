// SPDX-License-Identifier: BSD-2-Clause
// The location to which an answer redirects: a path of this service, perhaps with a query. Pure.
#ifndef WEB_WEB_LOCATION_H
#define WEB_WEB_LOCATION_H

#include "base/slice.h"

// Returns whether a text can be a Location that leads to a page of this service, and nowhere else: it begins
// with one "/" and is printable ASCII (RFC 3986 section 2). "\" is refused, which browsers read as "/", and
// "#".
bool web_location_check(struct slice location) __attribute__((warn_unused_result));

// Writes a location, NUL-terminated, with one more field of its query, whose value is percent-encoded but for
// "/". Returns false if it does not fit.
bool web_location_add(struct slice location, const char *name, struct slice value, char *out, size_t size)
    __attribute__((warn_unused_result));

#endif
