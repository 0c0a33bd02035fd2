// SPDX-License-Identifier: BSD-2-Clause
#include "milter/session.h"

#include <stdlib.h>

static const char *own_name = "";

void session_set_authserv_id(const char *authserv_id)
{
    own_name = authserv_id;
}

const char *session_authserv_id(const struct session *session)
{
    return *own_name ? own_name : session->mta;
}

void session_begin_message(struct session *session)
{
    struct session_message *message = &session->message;
    domain_counts_post(&message->counts);
    domain_counts_drop(&message->domains);
    no_bounce_forget(&message->no_bounce);
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
