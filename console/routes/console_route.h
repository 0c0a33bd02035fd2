// SPDX-License-Identifier: BSD-2-Clause
// The pages and actions of the console, as a table: who may call them, the SQL function or the request of
// emailgency-console-auth that they are, and the template that shows them. Pure.
#ifndef CONSOLE_ROUTES_CONSOLE_ROUTE_H
#define CONSOLE_ROUTES_CONSOLE_ROUTE_H

#include "base/slice.h"
#include "web/web_form.h"

enum route_role {
    ROUTE_PUBLIC,
    ROUTE_USER,    // the user of a mailbox
    ROUTE_ADMIN,   // an account
    ROUTE_SESSION, // either
    ROUTE_LINK,    // who has a signed link; neither session nor form key
    ROUTE_PROGRAM  // a mail program, which has neither session nor form key: it reads, also by POST
};

enum route_method { ROUTE_GET, ROUTE_POST };

struct console_route {
    enum route_method method; // a HEAD is answered as a GET
    const char *pattern;      // as in web/web_path.h
    enum route_role role;
    const char *call; // page_NAME or act_NAME; NULL: none. With a request, too: before it the page that it is
                      // of; after it where the verb is "prove"
    const char *verb; // a request of emailgency-console-auth; NULL: none
    const char *fields;   // of the form or path, which the request carries, with blanks between; "name:part"
                          // where the part of the path has another name
    const char *page;     // template; of ROUTE_PROGRAM a name of mua_flow.c; with a dot a document of
                          // preview_flow.h; NULL: it redirects. Of an action: unless it says where it leads
    const char *fragment; // template for htmx, instead of `page`; NULL: none
    const char *section;  // of the side list; NULL: none
    const char *again;    // of a POST: the pattern of the GET that shows its form, and to which it redirects
    const char *then;     // of a request: the path after its success; NULL: that of `again`
    const char *done;     // of a request: word of c.done on that page; NULL: none
    bool ends_session;
    bool slow; // as in console/pool/call_pool.h
};

// The table; the first row that matches applies. Paths below ROUTE_ANY_CASE are in small letters and match in
// any case, since Outlook varies it.
#define ROUTE_ANY_CASE "/autodiscover/"
extern const struct console_route console_routes[];
extern const unsigned console_route_count;

enum route_rc { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_OTHER_METHOD };

// Finds the row of a path, still percent-encoded, and appends its decoded parts to `parts`; `room` as for
// web_path_match(). ROUTE_OTHER_METHOD: the path has rows, none of them of this method.
enum route_rc console_route_find(enum route_method method, struct slice path, char *room,
                                 struct web_form *parts, const struct console_route **route);

// The GET row with that pattern; NULL: none.
const struct console_route *console_route_page(const char *pattern);

// Writes the table to stdout, a line per row: method, pattern, role, call or request, template.
void console_route_print(void);

#endif
