// SPDX-License-Identifier: BSD-2-Clause
// A session keeps nothing of a message after its end, however many there are and however they end.
#include "milter/session.h"

#include <event2/event.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MESSAGES = 20001, ROUND = 100, WARM = 500, RECIPIENTS = 5 };

static struct event_base *base;
static struct activity *activity;

// Without a database the counts stay in memory: a number for each pair.
static int setup(void **state)
{
    (void)state;
    base = event_base_new();
    activity = activity_create(
        base, &(struct activity_spec){
                  .node = "session",
                  .spool = "",
                  .interval_ms = 600000,
                  .database = {.conninfo = "host=/nonexistent", .name = "counts", .timeout_ms = 100}});
    assert_non_null(activity);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    activity_destroy(activity);
    event_base_free(base);
    return 0;
}

static void add_recipient(struct session_message *message, const char *address)
{
    const size_t before = message->no_bounce.count;
    no_bounce_note(&message->no_bounce, &(struct no_bounce_recipient){.given = slice_from(address),
                                                                      .address = slice_from(address),
                                                                      .notify = SLICE(""),
                                                                      .orcpt = SLICE("rfc822;user@a.example"),
                                                                      .wanted = true});
    assert_int_equal(message->no_bounce.count, before + 1);
}

// The state of a message that is never finished.
static void fill(struct session_message *message)
{
    memset(message->given_sender, 's', sizeof message->given_sender - 1);
    message->sender = (struct mail_address){.len = 1, .local_len = 1, .text = "s"};
    message->trace = (struct received_trace){.state = RECEIVED_TRACE_UNKNOWN, .seen = 3};
    memset(message->queue_id, 'Q', sizeof message->queue_id - 1);
    message->declared = message->size = message->limit = 1000;
    message->recipients = RECIPIENTS;
    message->add_results_header = true;
    message->results_seen = message->received_spf_seen = 3;
    message->forged_count = SESSION_FORGED_MAX;
    message->spf = calloc(1, sizeof *message->spf);
    assert_non_null(message->spf);
    for (int i = 0; i < RECIPIENTS; i++)
        add_recipient(message, (const char *[]){"u@a.example", "U@a.example", "v@a.example"}[i % 3]);
    domain_counts_note(&message->domains, SLICE("a.example"), "", 1);
    domain_counts_note(&message->domains, SLICE("b.example"), "", 1);
    domain_counts_note_domains(&message->counts, &message->domains, "too_big", 1);
}

static void assert_empty(const struct session_message *message)
{
    assert_string_equal(message->queue_id, "");
    assert_string_equal(message->given_sender, "");
    assert_int_equal(message->sender.len, 0);
    assert_int_equal(message->trace.state, RECEIVED_TRACE_INSIDE);
    assert_int_equal(message->trace.seen, 0);
    assert_null(message->spf);
    assert_null(message->no_bounce.groups);
    assert_int_equal(message->no_bounce.count, 0);
    assert_null(message->domains.entries);
    assert_null(message->counts.entries);
    assert_int_equal(message->declared, -1);
    assert_int_equal(message->limit, -1);
    assert_int_equal(message->size, 0);
    assert_int_equal(message->recipients, 0);
    assert_int_equal(message->forged_count, 0);
    assert_int_equal(message->results_seen, 0);
    assert_int_equal(message->received_spf_seen, 0);
    assert_false(message->add_results_header);
}

// Memory use is constant once the allocator has filled its caches. Under the leak sanitizer, which checks by
// itself, the figure is 0.
static void see_memory(int messages, size_t *before)
{
    domain_counts_collect(activity);
    const size_t now = mallinfo2().uordblks;
    if (messages <= WARM)
        *before = now;
    else
        assert_int_equal(now, *before);
}

// The connection's own state is kept: the next message is from the same client.
static void test_messages_leave_nothing(void **state)
{
    struct session *session = session_create();
    size_t before = 0;
    (void)state;
    assert_non_null(session);
    assert_empty(&session->message);
    (void)slice_copy(SLICE("mx.client.example"), session->helo, sizeof session->helo);
    session->client_class = RCPT_DECIDE_RELAY;
    for (int i = 0; i < MESSAGES; i++) {
        fill(&session->message);
        session_begin_message(session);
        assert_empty(&session->message);
        if (i % ROUND == 0)
            see_memory(i, &before);
    }
    assert_string_equal(session->helo, "mx.client.example");
    assert_int_equal(session->client_class, RCPT_DECIDE_RELAY);
    session_destroy(session);
}

// A client that disconnects during a message.
static void test_sessions_leave_nothing(void **state)
{
    size_t before = 0;
    (void)state;
    for (int i = 0; i < MESSAGES; i++) {
        struct session *session = session_create();
        assert_non_null(session);
        fill(&session->message);
        session_destroy(session);
        if (i % ROUND == 0)
            see_memory(i, &before);
    }
    session_destroy(NULL);
}

static void test_name_of_our_own(void **state)
{
    struct session *session = session_create();
    (void)state;
    assert_non_null(session);
    (void)slice_copy(SLICE("mx1.emailgency.example"), session->mta, sizeof session->mta);
    assert_string_equal(session_authserv_id(session), "mx1.emailgency.example");
    session_set_authserv_id("emailgency.example");
    assert_string_equal(session_authserv_id(session), "emailgency.example");
    session_set_authserv_id("");
    session_destroy(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_messages_leave_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sessions_leave_nothing, setup, teardown),
        cmocka_unit_test(test_name_of_our_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
