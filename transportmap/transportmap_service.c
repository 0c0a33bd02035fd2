// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/transportmap_service.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/log_line.h"
#include "daemon/daemon.h"
#include "io/server.h"
#include "transportmap/lookup_fault.h"
#include "wire/socketmap.h"

// The state of a connection.
struct client {
    size_t skip; // bytes of a request above the bound that are still to be thrown away
};

static struct {
    struct server *server;
    struct directory *directory;
    const struct route_rules *rules;
    struct lookup_answer answer; // the current one
} service;

static struct counter connections = {.name = "emailgency_transportmap_connections",
                                     .help = "Connected Postfix processes.",
                                     .kind = COUNTER_GAUGE};
static struct histogram latency = {.name = "emailgency_transportmap_answer_seconds",
                                   .help = "From a request's last byte to its answer."};

static struct counter answers[LOOKUP_MAPS][LOOKUP_TEMP + 1];

static const char *status_word(unsigned status)
{
    static const char *const words[] = {
        [LOOKUP_FOUND] = "found", [LOOKUP_NOT_FOUND] = "not-found", [LOOKUP_TEMP] = "temp"};
    return words[status];
}

static void reply(struct connection *connection, enum socketmap_status status, struct slice text)
{
    static char out[SOCKETMAP_ENCODED_MAX];
    const size_t len = socketmap_format(status, text, out);
    connection_reply(connection, slice_make(out, len));
}

static void refuse(struct connection *connection, enum lookup_fault fault, struct slice subject,
                   const char *text)
{
    lookup_fault_report(fault, subject);
    reply(connection, SOCKETMAP_PERM, slice_from(text));
}

static void log_answer(enum lookup_map map, struct slice key, const struct lookup_answer *answer,
                       int64_t took)
{
    struct log_line line;
    log_line_begin(&line);
    log_line_put(&line, "map", slice_from(lookup_map_name(map)));
    log_line_put(&line, "key", key);
    log_line_put(&line, "answer", slice_from(status_word(answer->status)));
    log_line_put(&line, "reason", slice_from(lookup_reason_word(answer->reason)));
    log_line_put(&line, "domain", slice_from(answer->domain));
    log_line_put(&line, "text", slice_make(answer->text, answer->len));
    log_line_number(&line, "took_us", took > 0 ? (uint64_t)took : 0);
    log_line_write(&line, LOG_LEVEL_DEBUG);
}

static void report_fault(const struct lookup_answer *answer)
{
    enum lookup_fault fault;
    if (!lookup_fault_of(answer->reason, &fault))
        return;
    if (fault == LOOKUP_FAULT_NO_DIRECTORY)
        lookup_fault_no_directory(service.directory ? directory_problem(service.directory) : NULL);
    else
        lookup_fault_report(fault, slice_from(answer->domain));
}

static void find(enum lookup_map map, struct slice key, struct lookup_answer *out)
{
    const struct directory_snapshot *rows;
    if (!service.directory || directory_begin(service.directory, &rows) != DIRECTORY_OK) {
        lookup_without_rows(out);
        return;
    }
    lookup(rows, service.rules, map, key, out);
    directory_end(service.directory);
}

static void serve(struct connection *connection, const struct socketmap_request *request)
{
    static const enum socketmap_status statuses[] = {[LOOKUP_FOUND] = SOCKETMAP_FOUND,
                                                     [LOOKUP_NOT_FOUND] = SOCKETMAP_NOT_FOUND,
                                                     [LOOKUP_TEMP] = SOCKETMAP_TEMP};
    struct lookup_answer *answer = &service.answer;
    const int64_t started = clock_mono_us();
    enum lookup_map map;
    if (!lookup_map_named(request->map, &map)) {
        refuse(connection, LOOKUP_FAULT_UNKNOWN_MAP, request->map, "no such map");
        return;
    }
    find(map, request->key, answer);
    reply(connection, statuses[answer->status], slice_make(answer->text, answer->len));
    const int64_t took = clock_mono_us() - started;
    counter_add(&answers[map][answer->status], 1);
    histogram_observe_us(&latency, took);
    report_fault(answer);
    if (log_enabled(LOG_LEVEL_DEBUG))
        log_answer(map, request->key, answer, took);
}

// Answers a request above the bound once it is past, so that the connection stays in step.
static size_t skip(struct connection *connection, struct slice in)
{
    struct client *client = server_state(connection);
    const size_t taken = in.len < client->skip ? in.len : client->skip;
    client->skip -= taken;
    if (client->skip == 0)
        refuse(connection, LOOKUP_FAULT_TOO_BIG, SLICE(""), "the request is too long");
    return taken;
}

static size_t on_input(struct connection *connection, struct slice in)
{
    struct client *client = server_state(connection);
    struct socketmap_request request;
    size_t used = 0;
    if (client->skip > 0)
        return skip(connection, in);
    switch (socketmap_parse(in, &request, &used)) {
    case SOCKETMAP_MORE:
        break;
    case SOCKETMAP_OK:
        serve(connection, &request);
        break;
    case SOCKETMAP_NO_KEY:
        refuse(connection, LOOKUP_FAULT_NO_KEY, SLICE(""), "the request has no key");
        break;
    case SOCKETMAP_TOO_BIG:
        client->skip = used;
        return skip(connection, in);
    case SOCKETMAP_MALFORMED:
        refuse(connection, LOOKUP_FAULT_MALFORMED, SLICE(""), "malformed request");
        connection_destroy(connection);
        return in.len;
    }
    return used;
}

static void register_counters(void)
{
    counter_register(&connections);
    for (int map = 0; map < LOOKUP_MAPS; map++)
        counter_family_register(
            &(struct counter_family){.name = "emailgency_transportmap_answers_total",
                                     .help = "Answers to Postfix by map and kind.",
                                     .shared = {"map", lookup_map_name((enum lookup_map)map)},
                                     .label = "answer",
                                     .word = status_word,
                                     .count = LOOKUP_TEMP + 1,
                                     .counters = answers[map]});
    histogram_register(&latency);
    lookup_fault_register();
}

bool transportmap_service_start(struct event_base *base, const struct transportmap_service_spec *spec,
                                struct problem *problem)
{
    service.rules = spec->rules;
    service.server = server_create(base,
                                   &(struct server_spec){.address = spec->listening->address,
                                                         .group = spec->listening->group,
                                                         .mode = option_mode(spec->listening->mode),
                                                         .owner = daemon_owner(),
                                                         .request_max = SOCKETMAP_REQUEST_MAX,
                                                         .state_size = sizeof(struct client),
                                                         .on_input = on_input,
                                                         .connections = &connections},
                                   problem);
    if (!service.server)
        return false;
    register_counters();
    return true;
}

void transportmap_service_serve(struct directory *directory)
{
    service.directory = directory;
}

void transportmap_service_finish(void)
{
    server_destroy(service.server);
}
