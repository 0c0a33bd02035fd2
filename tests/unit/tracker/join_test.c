// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/join/join.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define NOW 1796000000 // 2026-11-30
enum { TEXT_MAX = 65536, ROW_VALUES = 40, LINES_MAX = 20000, LINE_STEP = 100 };

static const struct join_spec spec = {
    .messages_max = 5000, .sessions_max = 3000, .window = 1 << 30, .backoff_min = 300, .backoff_max = 4000};

static void give(struct join *join, struct log_clock *clock, const char *text, int64_t position,
                 struct trace_batch *batch)
{
    struct mail_line line;
    mail_line_parse(clock, slice_from(text), &line);
    join_take(join, &line, position, batch);
}

// ---- rows as text

// Takes the next element off an array literal.
static bool next_value(const char **at, char *out, size_t size)
{
    size_t len = 0;
    if (**at == '}' || **at == '\0')
        return false;
    ++*at; // "{" or ","
    if (**at == '}')
        return false;
    const bool quoted = **at == '"';
    if (quoted)
        ++*at;
    while (quoted ? **at != '"' : (**at != ',' && **at != '}')) {
        if (quoted && **at == '\\')
            ++*at;
        if (len + 1 < size)
            out[len++] = **at;
        ++*at;
    }
    if (quoted)
        ++*at;
    out[len] = '\0';
    return true;
}

static void print_rows(struct trace_batch *batch, unsigned first, unsigned count, const char *const *names,
                       const char *what, char *out)
{
    const char *columns[TRACE_COLUMNS];
    char value[600];
    trace_batch_literals(batch, columns);
    for (bool more = true; more;) {
        char row[4096];
        size_t len = (size_t)snprintf(row, sizeof row, "%s", what);
        for (unsigned i = 0; i < count; i++) {
            more = next_value(&columns[first + i], value, sizeof value);
            if (more && names[i] && strcmp(value, "null") != 0 && strcmp(value, "f") != 0)
                len += (size_t)snprintf(row + len, sizeof row - len, " %s=%s", names[i],
                                        value[0] ? value : "<>");
        }
        if (more)
            snprintf(out + strlen(out), TEXT_MAX - strlen(out), "%s\n", row);
    }
}

static const char *const message_names[TRACE_MESSAGE_COLUMNS] = {
    "id",         NULL,   "queue_id",   "client", "name", "helo",   NULL,     "login", "sender",
    "message_id", "size", "recipients", NULL,     NULL,   "parent", "orphan", "again"};
static const char *const event_names[TRACE_EVENT_COLUMNS] = {
    "message", NULL,   "id",    NULL,    "kind", "recipient", "domain", "login_domain", "action", "reason",
    "rule",    "host", "reply", "delay", NULL,   "size",      "first",  "again",        "copy"};
static const char *const sent_names[TRACE_SENT_COLUMNS] = {NULL, "login", "messages", "recipients", "bytes"};

static void print_batch(struct trace_batch *batch, char *out)
{
    out[0] = '\0';
    print_rows(batch, 0, TRACE_MESSAGE_COLUMNS, message_names, "message", out);
    print_rows(batch, TRACE_MESSAGE_COLUMNS, TRACE_EVENT_COLUMNS, event_names, "event", out);
    print_rows(batch, TRACE_MESSAGE_COLUMNS + TRACE_EVENT_COLUMNS, TRACE_SENT_COLUMNS, sent_names, "sent",
               out);
}

// ---- golden cases

static bool check_block(const char *title, char *lines, const char *wanted)
{
    struct join *join = join_create(&spec);
    struct trace_batch batch = {.messages = 0};
    struct log_clock clock = {.now = NOW};
    static char got[TEXT_MAX];
    int64_t position = 0;
    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n"), position += LINE_STEP) {
        if (strcmp(line, "----") == 0) // a batch ends here
            join_seal(join, &batch);
        else
            give(join, &clock, line, position, &batch);
    }
    join_seal(join, &batch);
    print_batch(&batch, got);
    const bool same = strcmp(got, wanted) == 0;
    if (!same)
        print_error("# %s\n%s\ninstead of\n%s\n", title, got, wanted);
    trace_batch_finish(&batch);
    join_destroy(join);
    return same;
}

// Blocks of "# title", log lines, and the rows that they make, each after "=> ".
static void golden_blocks(void **state)
{
    char line[4096], title[4096] = "", lines[TEXT_MAX] = "", wanted[TEXT_MAX] = "";
    unsigned wrong = 0, blocks = 0;
    FILE *in = fopen(EMG_CASES "/tracker/join.cases", "r");
    (void)state;
    assert_non_null(in);
    for (bool more = true; more;) {
        more = fgets(line, sizeof line, in) != NULL;
        if (more && strncmp(line, "=> ", 3) == 0) {
            strcat(wanted, line + 3);
        } else if (more && line[0] != '#' && line[0] != '\n') {
            strcat(lines, line);
        } else if (lines[0]) {
            blocks++;
            wrong += !check_block(title, lines, wanted);
            lines[0] = wanted[0] = '\0';
        }
        if (more && line[0] == '#')
            snprintf(title, sizeof title, "%.*s", (int)strcspn(line + 2, "\n"), line + 2);
    }
    fclose(in);
    assert_int_equal(wrong, 0);
    assert_true(blocks > 5);
}

// ---- many sessions

static char *all[LINES_MAX];
static unsigned all_count;

// The lines of a message; "%1$u" is the number of its session, "%2$u" the process, "%3$u" the domain.
static const char *const stages[] = {
    "postfix/smtpd[%2$u]: connect from c.example[192.0.2.1]",
    "emailgency-policyd[9]: action=dunno reason=nothing-applies domain=d%3$u.example client=192.0.2.1 name=n "
    "sender=s%1$u@x.example recipient=r%1$u@d%3$u.example instance=%2$x.1.%1$u.0",
    "postfix/smtpd[%2$u]: Q%1$05uA: client=c.example[192.0.2.1]",
    "postfix/cleanup[5]: Q%1$05uA: message-id=<m%1$u@x.example>",
    "postfix/qmgr[6]: Q%1$05uA: from=<s%1$u@x.example>, size=1000, nrcpt=1 (queue active)",
    "postfix/smtpd[%2$u]: disconnect from c.example[192.0.2.1]",
    "postfix/smtp[7]: Q%1$05uA: to=<r%1$u@d%3$u.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, "
    "status=deferred (no)",
    "postfix/smtp[7]: Q%1$05uA: to=<r%1$u@d%3$u.example>, relay=h[192.0.2.1]:25, delay=5, delays=0/0/1/0, "
    "dsn=2.0.0, "
    "status=sent (250 ok)",
    "postfix/qmgr[6]: Q%1$05uA: removed",
};
enum { STAGES = sizeof stages / sizeof stages[0] };

static void add_stage(unsigned session, unsigned stage, unsigned second)
{
    char text[600];
    const int head = snprintf(text, sizeof text, "Nov 29 14:%02u:%02u mx ", second / 60 % 60, second % 60);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text + head, sizeof text - (size_t)head, stages[stage], session, 1000 + session, session % 20);
#pragma GCC diagnostic pop
    assert_true(all_count < LINES_MAX);
    all[all_count++] = strdup(text);
}

static void make_sessions(unsigned count)
{
    unsigned *next = calloc(count, sizeof *next), left = count;
    assert_non_null(next);
    for (unsigned n = 0; left > 0; n++) {
        const unsigned session = (unsigned)random() % count;
        if (next[session] == STAGES)
            continue;
        add_stage(session, next[session]++, n / 20);
        left -= next[session] == STAGES;
    }
    free(next);
}

static void free_lines(void)
{
    while (all_count > 0)
        free(all[--all_count]);
}

static void thousand_sessions_at_once(void **state)
{
    struct join *join = join_create(&spec);
    struct trace_batch batch = {.messages = 0};
    struct log_clock clock = {.now = NOW};
    (void)state;
    make_sessions(1000);
    for (unsigned i = 0; i < all_count; i++)
        give(join, &clock, all[i], i * LINE_STEP, &batch);
    assert_int_equal(join_messages(join), 0);
    join_seal(join, &batch);
    assert_int_equal(batch.messages, 1000);
    assert_int_equal(batch.events, 3000);
    trace_batch_finish(&batch);
    join_destroy(join);
    free_lines();
}

// Sums the lines that events are of, whatever the order of batches.
static uint64_t sum_events(struct trace_batch *batch)
{
    const char *columns[TRACE_COLUMNS];
    char id[32];
    uint64_t sum = 0;
    trace_batch_literals(batch, columns);
    const char *ids = columns[TRACE_MESSAGE_COLUMNS + 2];
    while (next_value(&ids, id, sizeof id))
        sum += strtoull(id, NULL, 10) * 2654435761U % 1000000007U;
    return sum;
}

// Batches of random sizes; the process ends at random and begins again where join_oldest said.
static void run_with_ends(unsigned ends_in, uint64_t *sum, size_t *events)
{
    struct join *join = join_create(&spec);
    struct trace_batch batch = {.messages = 0};
    struct log_clock clock = {.now = NOW};
    unsigned at = 0, committed = 0;
    *sum = *events = 0;
    while (committed < all_count) {
        for (unsigned n = (unsigned)random() % 200 + 1; n > 0 && at < all_count; n--, at++)
            give(join, &clock, all[at], at * LINE_STEP, at >= committed ? &batch : NULL);
        if (ends_in && (unsigned)random() % ends_in == 0) { // before the commit: the batch is lost
            join_destroy(join);
            join = NULL;
        } else {
            join_seal(join, &batch);
            *sum += sum_events(&batch);
            *events += batch.events;
            committed = at;
        }
        trace_batch_clear(&batch);
        if (join && ends_in && (unsigned)random() % ends_in == 0) {
            const unsigned from = (unsigned)(join_oldest(join, committed * LINE_STEP) / LINE_STEP);
            join_destroy(join);
            join = join_create(&spec);
            clock = (struct log_clock){.now = NOW};
            for (at = from; at < committed; at++)
                give(join, &clock, all[at], at * LINE_STEP, NULL);
            join_seal(join, NULL);
        } else if (!join) { // all of it again, as the place of the last commit said
            join = join_create(&spec);
            for (at = 0; at < committed; at++)
                give(join, &clock, all[at], at * LINE_STEP, NULL);
            join_seal(join, NULL);
        }
    }
    trace_batch_finish(&batch);
    join_destroy(join);
}

static void ends_change_nothing(void **state)
{
    uint64_t wanted, got;
    size_t wanted_events, got_events;
    (void)state;
    make_sessions(300);
    run_with_ends(0, &wanted, &wanted_events);
    assert_int_equal(wanted_events, 900);
    for (int i = 0; i < 20; i++) {
        run_with_ends(3, &got, &got_events);
        assert_int_equal(got_events, wanted_events);
        assert_int_equal(got, wanted);
    }
    free_lines();
}

// Everything that a peer can make grow is bounded.
static void memory_is_bounded(void **state)
{
    struct join *join =
        join_create(&(struct join_spec){.messages_max = 100, .sessions_max = 50, .window = 1 << 30});
    struct trace_batch batch = {.messages = 0};
    struct log_clock clock = {.now = NOW};
    char text[512];
    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "Nov 29 14:00:00 mx postfix/smtpd[%u]: connect from c[192.0.2.1]", i);
        give(join, &clock, text, i * 1000, &batch);
        snprintf(text, sizeof text,
                 "Nov 29 14:00:00 mx emailgency-policyd[1]: action=defer reason=x client=192.0.2.1 "
                 "sender=s@x.example recipient=r%u@x.example instance=%x.%x.0.0",
                 i, i % 7, i % 3);
        give(join, &clock, text, i * 1000 + 1, &batch);
        snprintf(text, sizeof text, "Nov 29 14:00:00 mx postfix/smtpd[%u]: B%06u: client=c[192.0.2.1]", i, i);
        give(join, &clock, text, i * 1000 + 2, &batch);
        snprintf(text, sizeof text,
                 "Nov 29 14:00:00 mx postfix/smtpd[%u]: NOQUEUE: reject: RCPT from c[192.0.2.1]: 450 no; "
                 "from=<s@x.example> to=<r%u@x.example> proto=SMTP helo=<h>",
                 i + 100000, i);
        give(join, &clock, text, i * 1000 + 3, &batch);
        assert_in_range(join_messages(join), 0, 101);
        assert_in_range(join_sessions(join), 0, 60);
        if (i % 50 == 0) {
            join_seal(join, &batch);
            trace_batch_clear(&batch);
        }
    }
    trace_batch_finish(&batch);
    join_destroy(join);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_blocks),
        cmocka_unit_test(thousand_sessions_at_once),
        cmocka_unit_test(ends_change_nothing),
        cmocka_unit_test(memory_is_bounded),
    };
    setenv("TZ", "UTC", 1);
    srandom(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
