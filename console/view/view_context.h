// SPDX-License-Identifier: BSD-2-Clause
// The key "c" of a page's view: what the console itself knows, about the session and the page. Pure.
#ifndef CONSOLE_VIEW_VIEW_CONTEXT_H
#define CONSOLE_VIEW_VIEW_CONTEXT_H

#include "base/slice.h"

#include <jansson.h>

enum { VIEW_LANGUAGE_MAX = 8 };

struct view_context {
    const json_t *facts; // what console_call() returned about the session; NULL: no session
    const char *language;
    const char *path; // of the page
    const char *form_key;
    const char *domain;                   // of the page; NULL: none
    const char *section;                  // of the side list; NULL: none
    const char *fault;                    // NULL: none
    struct slice done;                    // word of what was done before; "": nothing
    bool is_unknown;                      // there may be a session, but the database has not said
    json_t *saved;                        // the view of page_saved(), whose reference is taken; NULL: none
    const char *public_url, *webmail_url; // "": none
};

// A new reference; NULL if out of memory.
json_t *view_context_make(const struct view_context *context);

// The language of a page: that of the account, or else the first one of Accept-Language (RFC 9110
// section 12.5.4) that there are texts in, by its weights; else English.
void view_language(const json_t *facts, struct slice accept_language, char out[VIEW_LANGUAGE_MAX]);

#endif
