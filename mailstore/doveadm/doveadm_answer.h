// SPDX-License-Identifier: BSD-2-Clause
// The answer of doveadm's HTTP interface to one command: [["doveadmResponse",[{"uid":"4"},…],"1"]] or
// [["error",{"type":"exitCode","exitCode":65},"1"]]. Pure.
#ifndef MAILSTORE_DOVEADM_DOVEADM_ANSWER_H
#define MAILSTORE_DOVEADM_DOVEADM_ANSWER_H

#include "base/slice.h"

#include <stdbool.h>

enum doveadm_end {
    DOVEADM_OK,
    DOVEADM_REFUSED, // it had no effect; `code` says why
    DOVEADM_UNKNOWN  // no answer, or one that is none of doveadm's: whether it took effect is not known
};

// Exit codes (sysexits(3)) that are no fault; the last where the caller asks again (struct doveadm_request).
enum { DOVEADM_CODE_EXISTS = 65, DOVEADM_CODE_NO_FOLDER = 68, DOVEADM_CODE_AGAIN = 75 };

struct doveadm_answer {
    enum doveadm_end end;
    int code;
    bool too_long; // DOVEADM_UNKNOWN: there was an answer, of more than is read
    void *root;    // of doveadm_answer.c alone
    size_t rows;
};

// The tag of each command, which its answer repeats.
#define DOVEADM_TAG "1"

// `body` is that of an HTTP answer with status 200. It is one if it has the tag, and each row each of the
// `fields`, which end in NULL; NULL: none. doveadm_answer_finish is due in any case.
void doveadm_answer_read(struct slice body, const char *const *fields, struct doveadm_answer *out);
// The same for an answer to "user", whose rows are an object by user: [["doveadmResponse",{"a@d":{…}},"1"]].
void doveadm_answer_read_users(struct slice body, struct doveadm_answer *out);
void doveadm_answer_finish(struct doveadm_answer *answer);

// A field of row `row`, which ends at a NUL; "" where there is none. Valid until doveadm_answer_finish.
const char *doveadm_answer_text(const struct doveadm_answer *answer, size_t row, const char *field);

// Returns whether two rows have a field, and the same text in it, also after a NUL.
bool doveadm_answer_alike(const struct doveadm_answer *answer, size_t a, size_t b, const char *field);

#endif
