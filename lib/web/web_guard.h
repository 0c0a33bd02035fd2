// SPDX-License-Identifier: BSD-2-Clause
// The check that a POST comes from a page of this service, by headers that the browser sets. Pure.
#ifndef WEB_WEB_GUARD_H
#define WEB_WEB_GUARD_H

#include "base/problem.h"
#include "base/slice.h"

enum { WEB_ORIGIN_MAX = 300 };

enum web_guard {
    WEB_GUARD_PASSED,
    WEB_GUARD_TYPE,  // the body is no form
    WEB_GUARD_ORIGIN // another page sent it, or nothing says which
};

struct web_sender {
    struct slice origin, fetch_site, content_type; // headers of the request; NULL in `ptr`: there is none
};

// Refuses what does not say that it is a form (application/x-www-form-urlencoded, the only type that is
// decoded) of a page of `origin`: by its Origin header (RFC 6454), or where there is none by Sec-Fetch-Site:
// same-origin.
enum web_guard web_guard_check(const struct web_sender *sender, const char *origin);

// Check of an option with the URL of this service, as in https://console.example: scheme, host and perhaps a
// port, no path. It is the origin of its pages then.
bool web_origin_check(const char *value, struct problem *problem);

#endif
