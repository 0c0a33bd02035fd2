// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/queue_command.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "ctl/database_query.h"
#include "ctl/queue/queue_view.h"
#include "ctl/queue_ask.h"
#include "idn/idn.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { DOMAINS_SHOWN = 20 };

enum { SOCKET, DATABASE, NODES, ALL, JSON };
static const struct ctl_option options[] = {
    [SOCKET] = {"socket", 0, "SOCKET", "EMG_QUEUEWATCH", "/run/emailgency-queuewatch/socket",
                "the queue watch's socket"},
    [DATABASE] = DATABASE_QUERY_OPTION,
    [NODES] = {"nodes", 0, NULL, NULL, NULL, "the latest counts of all nodes, from the database"},
    [ALL] = {"all", 0, NULL, NULL, NULL, "all domains, not only those with the most late messages"},
    [JSON] = {"json", 0, NULL, NULL, NULL, "one JSON document"},
    {.name = NULL},
};

static int fail(int code, const struct problem *problem)
{
    fprintf(stderr, "emailgencyctl queue: %s\n", log_text(slice_from(problem->text)).text);
    return code;
}

static int show_nodes(const char *conninfo, const char *domain, bool all)
{
    // Copies of one count in time: the latest of each node and domain.
    static const char sql[] = "select l.domain, l.node, l.messages, l.late, coalesce(to_char(l.oldest_at, "
                              "'YYYY-MM-DD HH24:MI'), '') as oldest, "
                              "to_char(l.taken_at, 'YYYY-MM-DD HH24:MI:SS') as counted from (select distinct "
                              "on (s.domain, s.node) s.* "
                              "from emailgency.queue_sample s where ($1 = '' or s.domain = (select v.domain "
                              "from emailgency.served_domain v "
                              "where v.name = $1)) and s.taken_at > emailgency.live_since() order by "
                              "s.domain, s.node, s.taken_at desc) as l "
                              "where l.messages > 0 order by l.late desc, l.messages desc, l.domain, l.node "
                              "limit case when $2::boolean then null "
                              "else 40 end";
    const char *const parameters[] = {domain, all ? "true" : "false"};
    return database_query_show(conninfo, sql, 2, parameters, "no mail waits on a node that reports");
}

static bool read_sample(const char *socket, struct queue_answer *answer, struct queue_view *view,
                        struct problem *problem)
{
    const struct queue_request request = {.kind = QUEUE_REQUEST_SAMPLE};
    *view = (struct queue_view){.now = 0};
    return queue_ask(socket, &request, answer, problem) &&
           queue_view_read(answer->lines, clock_wall(), view, problem);
}

static int show_domain(const char *socket, const char *domain, struct queue_view *view, bool json)
{
    const struct queue_request request = {
        .kind = QUEUE_REQUEST_MESSAGES, .domain = slice_from(domain), .count = QUEUE_MESSAGES_MAX};
    struct queue_answer answer;
    struct problem problem;
    int code = EX_OK;
    if (!queue_ask(socket, &request, &answer, &problem) ||
        !queue_view_read_messages(answer.lines, view, &problem))
        code = fail(EX_UNAVAILABLE, &problem);
    else if (!(json ? queue_view_print_domain_json : queue_view_print_domain)(view, slice_from(domain),
                                                                              stdout))
        code = EX_IOERR;
    queue_answer_finish(&answer);
    return code;
}

static int show(const char *socket, const char *domain, const char *const *values)
{
    struct queue_answer answer;
    struct queue_view view;
    struct problem problem;
    int code = EX_OK;
    if (!read_sample(socket, &answer, &view, &problem))
        code = fail(EX_UNAVAILABLE, &problem);
    else if (*domain)
        code = show_domain(socket, domain, &view, values[JSON]);
    else if (!(values[JSON] ? queue_view_print_json(&view, stdout)
                            : queue_view_print(&view, values[ALL] ? 0 : DOMAINS_SHOWN, stdout)))
        code = EX_IOERR;
    queue_view_finish(&view);
    queue_answer_finish(&answer);
    return code;
}

static int run(char *const *operands, const char *const *values)
{
    char domain[ADDRESS_DOMAIN_MAX + 1] = "";
    if (operands[0] && (!idn_domain(slice_from(operands[0]), domain) || !strchr(domain, '.'))) {
        fprintf(stderr, "emailgencyctl queue: %s: is no domain such as example.com\n",
                log_text(slice_from(operands[0])).text);
        return EX_USAGE;
    }
    if (values[NODES] && values[JSON]) {
        fputs("emailgencyctl queue: --nodes prints a table, and --json is for the node's own figures: write "
              "one of them\n",
              stderr);
        return EX_USAGE;
    }
    if (values[NODES])
        return show_nodes(values[DATABASE], domain, values[ALL]);
    return show(values[SOCKET], domain, values);
}

const struct ctl_command queue_command = {
    .name = "queue",
    .operands = "[DOMAIN]",
    .summary = "print the mail that waits, and how old it is",
    .options = options,
    .run = run,
};
