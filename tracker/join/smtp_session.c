// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/join/smtp_session.h"

#include <stdlib.h>

struct smtp_session *smtp_session_find(struct session_table *table, uint32_t pid)
{
    struct smtp_session *session = table->buckets[pid % SESSION_BUCKETS];
    while (session && session->pid != pid)
        session = session->chain;
    return session;
}

struct smtp_session *smtp_session_add(struct session_table *table, uint32_t pid, int64_t position,
                                      int64_t time)
{
    struct smtp_session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    session->pid = pid;
    session->begun = position;
    session->last = time;
    session->chain = table->buckets[pid % SESSION_BUCKETS];
    table->buckets[pid % SESSION_BUCKETS] = session;
    session->older = table->newest;
    if (table->newest)
        table->newest->newer = session;
    else
        table->oldest = session;
    table->newest = session;
    table->count++;
    return session;
}

void smtp_session_remove(struct session_table *table, struct smtp_session *session)
{
    struct smtp_session **link = &table->buckets[session->pid % SESSION_BUCKETS];
    while (*link != session)
        link = &(*link)->chain;
    *link = session->chain;
    if (session->older)
        session->older->newer = session->newer;
    else
        table->oldest = session->newer;
    if (session->newer)
        session->newer->older = session->older;
    else
        table->newest = session->older;
    table->count--;
    for (struct pending_decision *at = session->pending, *next; at; at = next) {
        next = at->next;
        free(at);
    }
    free(session);
}
