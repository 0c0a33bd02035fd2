// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/replicator_stats.h"

#define PREFIX "emailgency_replicator_"
// NOLINTBEGIN(bugprone-macro-parentheses): string literals are joined
#define TOTAL(text, words)                                                                                   \
    {                                                                                                        \
        .name = PREFIX text, .help = (words), .kind = COUNTER_TOTAL                                          \
    }
#define GAUGE(text, words)                                                                                   \
    {                                                                                                        \
        .name = PREFIX text, .help = (words), .kind = COUNTER_GAUGE                                          \
    }
// NOLINTEND
#define ROWS(word)                                                                                           \
    {                                                                                                        \
        .name = PREFIX "rows", .help = "Rows in the replica.", .labels = {{"kind", (word)}},                 \
        .kind = COUNTER_GAUGE                                                                                \
    }

struct replicator_stats replicator_stats = {
    .rows =
        {
            [DIRECTORY_SETTING] = ROWS("setting"),
            [DIRECTORY_PLAN] = ROWS("plan"),
            [DIRECTORY_DOMAIN] = ROWS("domain"),
            [DIRECTORY_DOMAIN_ALIAS] = ROWS("domain_alias"),
            [DIRECTORY_MAILBOX] = ROWS("mailbox"),
            [DIRECTORY_ALIAS] = ROWS("alias"),
            [DIRECTORY_WHITELIST] = ROWS("whitelist"),
            [DIRECTORY_DNSBL] = ROWS("dnsbl"),
            [DIRECTORY_BEST_MX] = ROWS("best_mx"),
        },
    .changes = TOTAL("changes_total", "Rows written or deleted in the replica."),
    .rounds = TOTAL("rounds_total", "Rounds over the change log."),
    .reloads = TOTAL("reloads_total", "Comparisons of all rows that were committed."),
    .refused_reloads =
        TOTAL("refused_reloads_total", "Reloads that would have dropped over half of the domains."),
    .bad_rows = TOTAL("bad_rows_total", "Invalid rows that were skipped; their last valid form stays."),
    .failed_round = {.name = "failed-round",
                     .text = "the replica stays as it is",
                     .by_subject = true,
                     .interval_ms = 600000},
    .dead_readers = TOTAL("dead_readers_total", "Readers that were found dead in the reader table."),
    .damaged = TOTAL("damaged_total", "Times that the replica's file was damaged and was set aside."),
    .connected = GAUGE("connected", "1 with a connection to PostgreSQL."),
    .failing = GAUGE("failing", "1 while the last round failed."),
    .lag = GAUGE("lag_seconds", "Seconds since the replica was last proved to be current; -1: never."),
    .kinds_lagging = GAUGE(
        "kinds_lagging", "Kinds of rows that lag: their table is locked, or very many of its rows changed."),
    .queue = GAUGE("notification_queue_usage", "Use of the server's notification queue, from 0 to 1."),
    .file_used = GAUGE("file_used_bytes", "Highest use of the replica's file."),
    .file_bound = GAUGE("file_bound_bytes", "Bound of the replica's file (map_size)."),
    .schema_version = GAUGE("schema_version", "Latest migration of the database; 0: not read yet."),
    .schema_needed = GAUGE("schema_needed", "Latest migration that this release has; the two must be equal."),
};

void replicator_stats_register(void)
{
    struct counter *const all[] = {&replicator_stats.changes,        &replicator_stats.rounds,
                                   &replicator_stats.reloads,        &replicator_stats.refused_reloads,
                                   &replicator_stats.bad_rows,       &replicator_stats.dead_readers,
                                   &replicator_stats.damaged,        &replicator_stats.connected,
                                   &replicator_stats.failing,        &replicator_stats.lag,
                                   &replicator_stats.kinds_lagging,  &replicator_stats.queue,
                                   &replicator_stats.file_used,      &replicator_stats.file_bound,
                                   &replicator_stats.schema_version, &replicator_stats.schema_needed};
    for (size_t i = 0; i < DIRECTORY_KINDS; i++)
        counter_register(&replicator_stats.rows[i]);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        counter_register(all[i]);
    fault_register(&replicator_stats.failed_round, 1, PREFIX "errors_total");
}
