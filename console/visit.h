// SPDX-License-Identifier: BSD-2-Clause
// A request of a browser, from its arrival to its answer.
#ifndef CONSOLE_VISIT_H
#define CONSOLE_VISIT_H

#include "base/cidr.h"
#include "console/pool/call_pool.h"
#include "console/routes/console_route.h"
#include "io/loop.h"
#include "webserver/web_server.h"

#include <jansson.h>

#define VISIT_COOKIE "__Host-emg"         // the session's secret, 64 hexadecimal digits
#define VISIT_PRE_COOKIE "__Host-emg-pre" // likewise, of forms before the log-in

enum { VISIT_SECRET_SIZE = 64, VISIT_PATH_MAX = 1200, VISIT_HELD_MAX = 32 * 1024 * 1024, VISIT_LOOKS = 30 };

struct visit {
    struct web_request *request;
    const struct console_route *route;
    struct web_form parts, fields;
    char *room;                    // of their texts
    size_t held;                   // bytes of the request
    char session[CALL_SECRET_MAX]; // "": none; the cookie of an ended session is not distinguished from
                                   // another
    char before[CALL_SECRET_MAX];  // of VISIT_PRE_COOKIE; "": none
    char path[VISIT_PATH_MAX];     // of the page that is shown
    char client[CIDR_TEXT_MAX];    // address; "::" where nginx has sent none
    int64_t begun_us;
    // ---- what is known so far
    json_t *facts; // of the session; NULL: not asked, or none
    json_t *view;
    json_t *saved;                     // of page_saved()
    char *fault;                       // to be shown; NULL: none
    bool cookie_ends;                  // the browser is to forget the session
    char new_session[CALL_SECRET_MAX]; // "": none
    // ---- of an error whose page waits for `facts`
    int error_status;
    const char *error_kind, *error_allow;
    // ---- of an edit that waits for the nodes
    char edit[24], location[VISIT_PATH_MAX];
    int64_t wait_until;
    struct loop_timer wait;
    struct visit *prev, *next;
};

// NULL if out of memory.
struct visit *visit_create(struct web_request *request);

// True if the requests that are being answered are too large together for another one.
bool visit_too_many(void);

// Frees what belongs to it, after its answer.
void visit_end(struct visit *visit, int status);

// Takes what console_call() returned about the session, and the view in it, from a call that was done.
// Returns CALL_BROKEN if it is no such object; the outcome of any other call as it is.
enum call_rc visit_take(struct visit *visit, enum call_rc rc, const char *text)
    __attribute__((warn_unused_result));

// The fact of the session of that name; NULL: there is none, or it is null.
const char *visit_fact(const struct visit *visit, const char *name);

// Calls a function of the database with the session's rights; NULL: asks for the session's facts alone.
void visit_call(struct visit *visit, const char *call, const json_t *params,
                void (*on_result)(enum call_rc rc, const char *text, void *arg));

// The same with the parts of the path and the fields as they were sent.
void visit_call_sent(struct visit *visit, const char *call,
                     void (*on_result)(enum call_rc rc, const char *text, void *arg));

// Keeps a copy of a text that is to be shown.
void visit_set_fault(struct visit *visit, const char *text);

// Takes a copy of what page_saved() says of an edit, for `c.saved`. A page that waits for nodes asks again,
// at most VISIT_LOOKS times: the field `n` counts them.
void visit_set_saved(struct visit *visit, const json_t *view);

// True if the session is of a kind that the route is for.
bool visit_may(const struct visit *visit);

#endif
