// SPDX-License-Identifier: BSD-2-Clause
// The headers of every answer: what a browser may do with a page. Pure.
#ifndef WEB_WEB_HEADERS_H
#define WEB_WEB_HEADERS_H

#include <stddef.h>

struct web_header {
    const char *name, *value;
};

// Ends in a NULL name. Content-Security-Policy is not among them.
extern const struct web_header web_headers[];

// Nothing inline, nothing from elsewhere, no frame around it.
extern const char web_policy[];

// The reason phrase of a status that this service uses (RFC 9110 section 15).
const char *web_status_phrase(int status);

#endif
