// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_away.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "notifier/rounds/probe_spool_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPOOL_BYTES_MAX = 32 << 20,
    SPOOL_TIDY_BYTES = 8 << 20, // from here on it is written again, without what is out of date
    FILL_MAX = 5000,            // rows of one turn
    STALE_INTERVALS = 3,        // of a server that another node has taken over
    STALE_MS = 60000,
};

static struct counter unrecorded = {
    .name = "emailgency_notifier_probes_unrecorded",
    .help = "Servers of which something was found that the database does not have.",
    .kind = COUNTER_GAUGE};

static bool last_is_ok(const struct judge_history *history)
{
    return history->count > 0 && history->probes[history->count - 1].ok;
}

// Its latest results are on the way to another state.
static bool is_unsettled(const struct judge_history *history)
{
    return last_is_ok(history) != (history->state == JUDGE_UP);
}

// ---- the spool ----

static void fill_line(struct probe_spool_line *line, const struct probe_watched *watched, bool change,
                      const char *reply)
{
    line->change = change;
    line->history = watched->history;
    (void)slice_copy(slice_from(watched->target.domain), line->domain, sizeof line->domain);
    snprintf(line->reply, sizeof line->reply, "%s", reply);
}

// A change that the last line does not hold has the history up to it alone.
static void write_change(FILE *out, const struct probe_watched *watched, const struct probe_change *change)
{
    char text[PROBE_SPOOL_LINE_MAX];
    struct probe_spool_line line;
    fill_line(&line, watched, true, change->reply);
    line.history = (struct judge_history){.state = change->state};
    judge_history_add(&line.history, change->at, change->state == JUDGE_UP);
    probe_spool_line_format(&line, text);
    fprintf(out, "%s\n", text);
}

static void write_spool(FILE *out, void *arg)
{
    const struct probe_away *away = arg;
    char text[PROBE_SPOOL_LINE_MAX];
    struct probe_spool_line line;
    for (const struct probe_watched *watched = away->memory.all; watched; watched = watched->hh.next) {
        if (!watched->unrecorded)
            continue;
        for (unsigned i = 0; i < watched->change_count; i++)
            write_change(out, watched, &watched->changes[i]);
        fill_line(&line, watched, false, "");
        probe_spool_line_format(&line, text);
        fprintf(out, "%s\n", text);
    }
}

static void spool(struct probe_away *away, const struct probe_watched *watched, bool change,
                  const char *reply)
{
    char text[PROBE_SPOOL_LINE_MAX];
    struct probe_spool_line line;
    fill_line(&line, watched, change, reply);
    probe_spool_line_format(&line, text);
    const size_t before = spool_file_size(away->spool);
    (void)spool_file_add(away->spool, text);
    const size_t now = spool_file_size(away->spool);
    if (before / SPOOL_TIDY_BYTES != now / SPOOL_TIDY_BYTES)
        (void)spool_file_replace(away->spool, write_spool, away);
}

static bool read_line(struct slice text, void *arg)
{
    struct probe_away *away = arg;
    struct probe_spool_line line;
    struct probe_target target = {.domain = ""};
    if (!probe_spool_line_parse(text, &line))
        return false;
    snprintf(target.domain, sizeof target.domain, "%s", line.domain);
    struct probe_watched *watched = probe_memory_find(&away->memory, line.domain);
    if (!watched)
        watched = probe_memory_put(&away->memory, &target);
    if (!watched)
        return false;
    watched->history = line.history;
    if (line.change)
        probe_memory_add_change(watched, line.reply);
    probe_memory_set_unrecorded(&away->memory, watched, true);
    return true;
}

void probe_away_init(struct probe_away *away, const char *path)
{
    *away = (struct probe_away){.spool = spool_file_create(path, SPOOL_BYTES_MAX), .interval = 60};
    const unsigned bad = spool_file_read(away->spool, read_line, away);
    if (bad > 0)
        log_warn("damaged lines among the probes of an earlier run are skipped: lines=%u path=%s", bad,
                 log_value(slice_from(path)).text);
    if (away->memory.unrecorded > 0)
        log_info("probes of an earlier run wait for the database: domains=%u", away->memory.unrecorded);
    counter_register(&unrecorded);
    counter_set(&unrecorded, away->memory.unrecorded);
}

void probe_away_finish(struct probe_away *away)
{
    spool_file_destroy(away->spool);
    probe_memory_finish(&away->memory);
}

// ---- what is known ----

void probe_away_learn(struct probe_away *away, const struct probe_target *target,
                      const struct judge_history *history, bool in_flight)
{
    struct probe_watched *watched = probe_memory_put(&away->memory, target);
    if (!watched)
        return;
    watched->history = *history;
    watched->seen_ms = clock_mono_ms();
    watched->due_ms = watched->seen_ms + away->interval * 1000;
    watched->in_flight = in_flight;
    if (!away->learned_ms)
        away->learned_ms = watched->seen_ms;
}

void probe_away_land(struct probe_away *away, const char *domain)
{
    struct probe_watched *watched = probe_memory_find(&away->memory, domain);
    if (watched)
        watched->in_flight = false;
}

void probe_away_keep(struct probe_away *away, const struct probe_finding *finding)
{
    struct probe_target target = {.domain = ""};
    struct probe_watched *watched = probe_memory_find(&away->memory, finding->domain);
    const bool change = finding->before != finding->history.state;
    if (!watched) {
        snprintf(target.domain, sizeof target.domain, "%s", finding->domain);
        watched = probe_memory_put(&away->memory, &target);
    }
    if (!watched || finding->history.count == 0)
        return;
    watched->history = finding->history;
    if (!change && !watched->unrecorded && !is_unsettled(&watched->history))
        return;
    if (change)
        probe_memory_add_change(watched, finding->reply);
    probe_memory_set_unrecorded(&away->memory, watched, true);
    if (change || is_unsettled(&watched->history))
        spool(away, watched, change, finding->reply);
}

void probe_away_sync(struct probe_away *away)
{
    spool_file_sync(away->spool);
    counter_set(&unrecorded, away->memory.unrecorded);
}

void probe_away_set_server(struct probe_away *away, const char *domain, const char *server)
{
    struct probe_watched *watched = probe_memory_find(&away->memory, domain);
    if (watched && *server)
        snprintf(watched->server, sizeof watched->server, "%s", server);
}

// A server and its domains.
struct server_total {
    uint64_t domains, failing;
    UT_hash_handle hh;
};

static struct server_total *put_server(struct server_total **all, const struct probe_watched *watched)
{
    const char *name = *watched->server ? watched->server : watched->target.domain;
    struct server_total *total = NULL;
    HASH_FIND_STR(*all, name, total);
    if (!total && (total = calloc(1, sizeof *total)))
        HASH_ADD_KEYPTR(hh, *all, name, strlen(name), total);
    return total;
}

static void add_servers(struct server_total *all, struct judge_totals *out)
{
    struct server_total *total = all;
    HASH_CLEAR(hh, all); // frees the table; the entries stay linked
    for (struct server_total *next; total; total = next) {
        next = total->hh.next;
        out->servers++;
        out->failing_servers += total->failing == total->domains;
        free(total);
    }
}

void probe_away_totals(const struct probe_away *away, struct judge_totals *out)
{
    const int64_t since = clock_mono_ms() - STALE_INTERVALS * away->interval * 1000;
    struct server_total *servers = NULL;
    *out = (struct judge_totals){.domains = 0};
    for (const struct probe_watched *watched = away->memory.all; watched; watched = watched->hh.next) {
        struct server_total *server =
            watched->history.count > 0 && watched->seen_ms > since ? put_server(&servers, watched) : NULL;
        if (!server)
            continue;
        const bool fails = !last_is_ok(&watched->history);
        out->domains++;
        out->failing_domains += fails;
        server->domains++;
        server->failing += fails;
    }
    add_servers(servers, out);
}

// ---- an absence ----

// The servers of this node: those that it has probed lately.
static void begin(struct probe_away *away)
{
    const int64_t now = clock_mono_ms(), span = away->interval * 1000;
    struct probe_watched *watched, *next;
    away->begun = true;
    away->is_filling = !away->learned_ms || now - away->learned_ms < 2 * span + STALE_MS;
    away->filled[0] = '\0';
    away->fill_count = 0;
    HASH_ITER(hh, away->memory.all, watched, next)
    if (!watched->unrecorded && !watched->in_flight &&
        now - watched->seen_ms > STALE_INTERVALS * span + STALE_MS)
        probe_memory_remove(&away->memory, watched);
    log_warn("the database is away, so this node goes on with the servers that it knows: domains=%u%s",
             HASH_COUNT(away->memory.all), away->is_filling ? ", and those of its replica" : "");
}

void probe_away_end(struct probe_away *away)
{
    if (away->begun)
        log_info("the database is back: domains_to_record=%u", away->memory.unrecorded);
    away->begun = away->is_filling = false;
}

// The first probes are spread over an interval.
static void fill_one(struct probe_away *away, const struct domain_row *row)
{
    struct probe_target target = {.domain = ""};
    if (row->monitoring == MONITORING_OFF || !slice_copy(row->name, target.domain, sizeof target.domain))
        return;
    const struct probe_watched *known = probe_memory_find(&away->memory, target.domain);
    if (known && *known->target.recipient)
        return;
    snprintf(target.recipient, sizeof target.recipient, "postmaster@%s", target.domain);
    struct probe_watched *watched = probe_memory_put(&away->memory, &target);
    if (watched)
        watched->due_ms = clock_mono_ms() + away->fill_count++ * 7919LL % (away->interval * 1000);
}

static void fill(struct probe_away *away, const struct directory_snapshot *rows)
{
    struct domain_row row;
    for (unsigned i = 0; i < FILL_MAX; i++) {
        if (directory_domain_after(rows, slice_from(away->filled), &row) != DIRECTORY_OK ||
            !slice_copy(row.name, away->filled, sizeof away->filled)) {
            away->is_filling = false;
            return;
        }
        fill_one(away, &row);
    }
}

// The replica may follow a database that only this daemon cannot reach.
static bool refresh_target(struct probe_watched *watched, const struct directory_snapshot *rows)
{
    struct domain_row row;
    if (!rows)
        return *watched->target.recipient != '\0';
    if (directory_domain(rows, slice_from(watched->target.domain), &row) != DIRECTORY_OK ||
        row.monitoring == MONITORING_OFF ||
        !slice_copy(row.transport, watched->target.transport, sizeof watched->target.transport))
        return false;
    if (!*watched->target.recipient)
        snprintf(watched->target.recipient, sizeof watched->target.recipient, "postmaster@%s",
                 watched->target.domain);
    return true;
}

void probe_away_turn(struct probe_away *away, const struct directory_snapshot *rows, unsigned in_flight_max)
{
    const int64_t now = clock_mono_ms();
    if (!away->begun)
        begin(away);
    if (away->is_filling && rows)
        fill(away, rows);
    for (struct probe_watched *watched = away->memory.all; watched; watched = watched->hh.next) {
        if (watched->due_ms > now || watched->in_flight)
            continue;
        if (probe_flight_count(away->flight) >= in_flight_max)
            break;
        watched->due_ms = now + away->interval * 1000;
        if (!refresh_target(watched, rows) ||
            !probe_flight_start(away->flight, &watched->target, &watched->history, false))
            continue;
        watched->seen_ms = now;
        watched->in_flight = true;
    }
}
