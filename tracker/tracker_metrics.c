// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/tracker_metrics.h"

#include "base/clock.h"
#include "base/counter.h"

#define PREFIX "emailgency_tracker_"

enum {
    DATABASE_UP,
    MESSAGES,
    SESSIONS,
    UNREAD_BYTES,
    LAST_LINE_AGE,
    BATCHES,
    ROWS_MESSAGES,
    ROWS_EVENTS,
    OUTGOING,
    COUNTERS
};

static struct counter counters[COUNTERS] = {
    [DATABASE_UP] = {.name = PREFIX "database_up",
                     .help = "1 while the database is connected.",
                     .kind = COUNTER_GAUGE},
    [MESSAGES] = {.name = PREFIX "messages_in_flight",
                  .help = "Messages that the log has begun and not ended.",
                  .kind = COUNTER_GAUGE},
    [SESSIONS] = {.name = PREFIX "smtp_sessions", .help = "SMTP sessions of the log.", .kind = COUNTER_GAUGE},
    [UNREAD_BYTES] = {.name = PREFIX "unread_bytes",
                      .help = "Bytes of the log that are not read yet; -1: not known.",
                      .kind = COUNTER_GAUGE},
    [LAST_LINE_AGE] = {.name = PREFIX "last_line_age_seconds",
                       .help = "Age of the last line that was read; -1: none yet.",
                       .kind = COUNTER_GAUGE},
    [BATCHES] = {.name = PREFIX "batches_total", .help = "Batches of rows for the database."},
    [ROWS_MESSAGES] = {.name = PREFIX "message_rows_total", .help = "Rows of messages in them."},
    [ROWS_EVENTS] = {.name = PREFIX "event_rows_total", .help = "Rows of events in them."},
    [OUTGOING] = {.name = PREFIX "outgoing_messages_total", .help = "Messages that logins sent."},
};

static struct counter lines[MAIL_LINE_KINDS];

static const char *kind_word(unsigned kind)
{
    static const char *const words[] = {[MAIL_LINE_UNKNOWN] = "unknown",
                                        [MAIL_LINE_OTHER] = "other",
                                        [MAIL_LINE_CONNECT] = "connect",
                                        [MAIL_LINE_TLS] = "tls",
                                        [MAIL_LINE_DISCONNECT] = "disconnect",
                                        [MAIL_LINE_CLIENT] = "client",
                                        [MAIL_LINE_REJECT] = "reject",
                                        [MAIL_LINE_MESSAGE_ID] = "message-id",
                                        [MAIL_LINE_QUEUED] = "queued",
                                        [MAIL_LINE_STATUS] = "status",
                                        [MAIL_LINE_EXPIRED] = "expired",
                                        [MAIL_LINE_REMOVED] = "removed",
                                        [MAIL_LINE_HELD] = "held",
                                        [MAIL_LINE_RELEASED] = "released",
                                        [MAIL_LINE_NOTICE] = "notice",
                                        [MAIL_LINE_DECISION] = "decision",
                                        [MAIL_LINE_FILTERED] = "filtered",
                                        [MAIL_LINE_ENDED] = "ended"};
    return words[kind];
}

void tracker_metrics_register(void)
{
    for (unsigned i = 0; i < COUNTERS; i++)
        counter_register(&counters[i]);
    counter_family_register(&(struct counter_family){.name = PREFIX "lines_total",
                                                     .help = "Lines of the log by what they say.",
                                                     .label = "kind",
                                                     .word = kind_word,
                                                     .count = MAIL_LINE_KINDS,
                                                     .counters = lines});
}

void tracker_metrics_add(const struct log_pump_counts *counts, const struct trace_batch *batch)
{
    for (unsigned i = 0; i < MAIL_LINE_KINDS; i++)
        counter_add(&lines[i], (double)counts->kinds[i]);
    counter_add(&counters[BATCHES], 1);
    counter_add(&counters[ROWS_MESSAGES], (double)batch->messages);
    counter_add(&counters[ROWS_EVENTS], (double)batch->events);
    counter_add(&counters[OUTGOING], (double)batch->sent);
}

void tracker_metrics_refresh(bool connected, const struct join *join, int64_t left, int64_t last_time)
{
    counter_set(&counters[DATABASE_UP], connected);
    counter_set(&counters[MESSAGES], (double)join_messages(join));
    counter_set(&counters[SESSIONS], (double)join_sessions(join));
    counter_set(&counters[UNREAD_BYTES], (double)left);
    counter_set(&counters[LAST_LINE_AGE],
                last_time < 0 ? -1 : (double)clock_wall() - (double)last_time / 1e6);
}
