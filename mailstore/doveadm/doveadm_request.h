// SPDX-License-Identifier: BSD-2-Clause
// A command to doveadm(1) as its HTTP interface takes it: [["expunge",{"user":…,"query":[…]},"1"]]. Pure.
#ifndef MAILSTORE_DOVEADM_DOVEADM_REQUEST_H
#define MAILSTORE_DOVEADM_DOVEADM_REQUEST_H

#include <stdbool.h>

#define DOVEADM_USER "user" // doveadm-user(1): the fields of users

// Absent parameters are NULL; lists end in NULL. `fields` is borrowed until the answer, which has to have
// them.
struct doveadm_request {
    const char *command;              // "mailboxStatus"
    const char *user;                 // of the store
    const char *destination, *source; // of move: the folder of `user`, and the user whose mail comes
    const char *const *fields;        // of fetch (doveadm-fetch(1)) and mailboxStatus
    const char *const *folders;       // mailboxStatus: masks; mailboxCreate: names; user: masks of users
    const char *const *query;         // doveadm-search-query(7)
    bool asks_again; // DOVEADM_CODE_AGAIN is not reported: a user moved mail while it was listed
};

// Returns the body, for free(3); NULL if out of memory, or if a text is no UTF-8.
char *doveadm_request_text(const struct doveadm_request *request);

#endif
