// SPDX-License-Identifier: BSD-2-Clause
#include "milter/session.h"

#include <stdlib.h>
#include <utlist.h>

static const char *own_name = "";

void session_follow(const char *authserv_id)
{
    own_name = authserv_id;
}

const char *session_authserv_id(const struct session *session)
{
    return *own_name ? own_name : session->mta;
}

static void free_recipient(struct session_recipient *recipient)
{
    free(recipient->address);
    free(recipient->parameters);
    free(recipient);
}

void session_add_no_bounce(struct session_message *message, struct slice address, struct slice parameters)
{
    struct session_recipient *recipient = calloc(1, sizeof *recipient);
    if (!recipient)
        return;
    recipient->address = strndup(address.ptr, address.len);
    recipient->parameters = parameters.len ? strndup(parameters.ptr, parameters.len) : strdup("");
    if (recipient->address && recipient->parameters)
        LL_PREPEND(message->no_bounce, recipient);
    else
        free_recipient(recipient);
}

static void forget_recipients(struct session_message *message)
{
    struct session_recipient *recipient, *next;
    LL_FOREACH_SAFE(message->no_bounce, recipient, next)
    free_recipient(recipient);
}

void session_begin_message(struct session *session)
{
    struct session_message *message = &session->message;
    tally_post(&message->counts);
    tally_drop(&message->domains);
    forget_recipients(message);
    free(message->spf);
    *message = (struct session_message){.declared = -1, .limit = -1};
}

struct session *session_create(void)
{
    struct session *session = calloc(1, sizeof *session);
    if (session)
        session_begin_message(session);
    return session;
}

void session_destroy(struct session *session)
{
    if (!session)
        return;
    session_begin_message(session);
    free(session);
}
