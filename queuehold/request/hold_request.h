// SPDX-License-Identifier: BSD-2-Clause
// A request to hold, release or delete one queued message, and the outcomes. Pure.
//   request  ACTION QUEUE-ID LOGIN, on one line; ACTION is hold, release or delete
//   reply    one line: held, released or deleted; gone, if the queue has no such message of that login; or
//            failed and the reason
#ifndef QUEUEHOLD_REQUEST_HOLD_REQUEST_H
#define QUEUEHOLD_REQUEST_HOLD_REQUEST_H

#include "base/slice.h"

#define HOLD_REQUEST_MAX 512 // bytes of the line, its end included
#define HOLD_ID_MAX 32
#define HOLD_LOGIN_MAX 321

enum hold_action { HOLD_HOLD, HOLD_RELEASE, HOLD_DELETE, HOLD_ACTIONS };

struct hold_request {
    enum hold_action action;
    char id[HOLD_ID_MAX], login[HOLD_LOGIN_MAX]; // as the line has them
};

// Reads a line without its end. Returns false for anything but a queue id as Postfix writes it, long or short
// (src/global/mail_queue.h), and a login of printable ASCII without blanks.
bool hold_request_read(struct slice line, struct hold_request *out) __attribute__((warn_unused_result));

// postsuper(1)'s option: "-h", "-H" or "-d".
const char *hold_request_option(enum hold_action action);
// "held", "released" or "deleted".
const char *hold_request_outcome(enum hold_action action);

enum hold_verdict {
    HOLD_NOT_THEIRS, // the envelope is not of that login: Postfix has given the id to another message
    HOLD_DONE,       // there is nothing to do
    HOLD_TO_DO
};

// Judges an envelope as postcat -e prints it, or the head of it.
enum hold_verdict hold_request_judge(const struct hold_request *request, struct slice envelope);

#endif
