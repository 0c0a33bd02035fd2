// SPDX-License-Identifier: BSD-2-Clause
// Second copies of a message in one folder whose GUIDs differ. A copy keeps the GUID of its message, but one
// that Dovecot's process did not live to write into dovecot-uidlist gets another. Such a copy is known by the
// fields that Dovecot's LMTP server writes at the top of each message, with an id of that delivery and its
// recipient (Received, Delivered-To), by its size, and by its whole text. Pure.
#ifndef MAILSTORE_ROUNDS_SECOND_COPY_H
#define MAILSTORE_ROUNDS_SECOND_COPY_H

#include "mailstore/doveadm/doveadm_answer.h"

#include <stddef.h>

#define SECOND_COPY_MAX 500 // of one look; the next takes those after them

struct second_copy {
    char folder[40];           // its GUID
    char first[12], extra[12]; // UIDs: of the message that stays, the lower one, and of what may be its copy
};

// The fields of fetch (doveadm-fetch(1)) that a look and a comparison need; each ends in NULL.
extern const char *const second_copy_look_fields[], *const second_copy_text_fields[];

// Finds messages of the same delivery, recipient and size in a look, an answer with all rows of a folder.
// Returns their number, SECOND_COPY_MAX at most; fewer if out of memory.
size_t second_copy_find(const struct doveadm_answer *look, struct second_copy *out);

// Returns whether an answer that shows the two proves that they are one message: all bytes are alike. Bytes
// that are no UTF-8, of which doveadm shows no more than their number, are taken for alike: the message was
// delivered once.
bool second_copy_proved(const struct doveadm_answer *texts, const struct second_copy *copy);

#endif
