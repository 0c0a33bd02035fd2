// SPDX-License-Identifier: BSD-2-Clause
// Cookies of a request (RFC 6265 section 4.2.1). Pure.
#ifndef WEB_WEB_COOKIE_H
#define WEB_WEB_COOKIE_H

#include "base/slice.h"

enum { WEB_COOKIES_MAX = 50 }; // that are looked at

// The value of the cookie `name` in a Cookie header; NULL in `ptr` if there is none, or if there are two:
// with the prefix "__Host-" a browser has one, so somebody else has set the other.
struct slice web_cookie_find(struct slice header, const char *name);

#endif
