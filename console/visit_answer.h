// SPDX-License-Identifier: BSD-2-Clause
// Answers. Each ends the visit.
#ifndef CONSOLE_VISIT_ANSWER_H
#define CONSOLE_VISIT_ANSWER_H

#include "console/visit.h"

// A page: the view of the visit, or none, with the key "c".
void visit_answer_page(struct visit *visit, int status, const char *page, const char *section);

// The fragment of the visit's route for a browser that asks for one (htmx), or else its page; both have
// the view as `c.saved`.
void visit_answer_fragment(struct visit *visit);

// 303 to a path of this service.
void visit_answer_redirect(struct visit *visit, const char *location);

// To the log-in: a page is shown after it, and nothing was changed.
void visit_answer_login(struct visit *visit);

// The page of 400, 403, 404, 500 or 503; the latter also for a database that is away.
void visit_answer_error(struct visit *visit, int status);
void visit_answer_busy(struct visit *visit);
void visit_answer_method(struct visit *visit, bool get, bool post);

// The answer to a call that did not succeed, other than CALL_FAULT.
void visit_answer_call(struct visit *visit, enum call_rc rc);

// Takes the result of a call, other than CALL_FAULT. Returns true, and has answered, where there is none, the
// session has ended, or it may not use the route.
bool visit_answer_refused(struct visit *visit, enum call_rc rc, const char *text)
    __attribute__((warn_unused_result));

// A document with headers of its own: content type (NULL: HTML) and Content-Security-Policy.
void visit_answer_document(struct visit *visit, const char *type, const char *policy, struct slice body);

// A JSON text.
void visit_answer_json(struct visit *visit, int status, const json_t *object);

#endif
