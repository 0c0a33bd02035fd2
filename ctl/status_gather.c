// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/status_gather.h"

#include "base/clock.h"
#include "ctl/queue_look.h"
#include "ctl/status/status_judge.h"
#include "directory/directory.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { WAIT_S = 2, WALK_MAX = 100000, NAMES = 5 };

_Static_assert(STATUS_JUDGE_REPLICA_AGE == DIRECTORY_STALE_S, "one threshold");

static const char get[] = "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
// SSLRequest of PostgreSQL's protocol, which PgBouncer answers with one byte before any log-in.
static const char ssl_request[] = {0, 0, 0, 8, 0x04, (char)0xd2, 0x16, 0x2f};
// No request, which emailgency-queuehold refuses without looking at the queue.
static const char no_request[] = "\n", refusal[] = "failed ";

static void read_settings(const struct status_places *places, struct status_gathering *out)
{
    for (int i = 0; i < STATUS_DAEMONS; i++) {
        struct status_seen *seen = &out->facts.daemons[i];
        const enum daemon_settings_rc rc =
            daemon_settings_read(places->conf, (enum status_daemon)i, &out->settings[i], &out->problems[i]);
        seen->answer = rc == DAEMON_SETTINGS_NO_RIGHT ? STATUS_NO_RIGHT : STATUS_ANSWERS;
        seen->address = out->settings[i].metrics ? out->settings[i].metrics : "";
        seen->problem = rc == DAEMON_SETTINGS_OK ? NULL : out->problems[i].text;
    }
    if (out->facts.daemons[STATUS_MILTER].answer == STATUS_ANSWERS)
        out->facts.spf_workers = out->settings[STATUS_MILTER].spf_workers;
    if (out->facts.daemons[STATUS_POLICYD].answer == STATUS_ANSWERS)
        out->facts.greylist_cache = out->settings[STATUS_POLICYD].greylist_cache;
}

// The answer of an exchange. Nobody at an address that is only a guess is not known to be away.
static void settle(struct status_seen *seen, enum status_answer rc)
{
    const bool guessed = seen->answer == STATUS_NO_RIGHT;
    seen->answer = guessed && rc != STATUS_ANSWERS ? STATUS_NO_RIGHT : rc;
    if (guessed && rc == STATUS_ANSWERS)
        seen->problem = NULL;
}

// The questions, and the place of each answer.
struct questions {
    struct status_gathering *gathering;
    struct status_seen *asked[STATUS_DAEMONS + 2];
    size_t count;
};

static void add_question(struct questions *questions, struct status_seen *seen, struct slice request,
                         size_t enough)
{
    questions->gathering->exchanges[questions->count] =
        (struct exchange){.address = seen->address, .request = request, .enough = enough};
    questions->asked[questions->count++] = seen;
}

static void add_logins(const struct status_places *places, struct questions *questions)
{
    struct status_gathering *out = questions->gathering;
    bool readable = true;
    out->facts.has_logins = daemon_settings_logins(places->conf, out->logins, &readable);
    out->facts.logins =
        (struct status_seen){.address = out->logins, .answer = readable ? STATUS_ANSWERS : STATUS_NO_RIGHT};
    if (out->facts.has_logins)
        add_question(questions, &out->facts.logins, slice_make(ssl_request, sizeof ssl_request), 1);
}

static void add_queuehold(struct questions *questions)
{
    struct status_gathering *out = questions->gathering;
    const char *socket = out->settings[STATUS_NOTIFIER].queuehold;
    out->facts.has_queuehold = socket && *socket;
    snprintf(out->queuehold, sizeof out->queuehold, "unix:%s", socket ? socket : "");
    out->facts.queuehold =
        (struct status_seen){.address = out->queuehold, .answer = out->facts.daemons[STATUS_NOTIFIER].answer};
    if (out->facts.has_queuehold)
        add_question(questions, &out->facts.queuehold, slice_make(no_request, sizeof no_request - 1),
                     sizeof refusal - 1);
}

// Another answer than its own to no request is another program's.
static void check_refusal(struct exchange *exchange)
{
    if (exchange->rc == STATUS_ANSWERS &&
        !slice_has_prefix(slice_make(exchange->reply, exchange->len), slice_from(refusal)))
        exchange->rc = STATUS_GARBLED;
}

static void ask(const struct status_places *places, struct status_gathering *out)
{
    struct questions questions = {.gathering = out};
    add_queuehold(
        &questions); // first, since what is known of the notifier's file is in its place of an answer
    add_logins(places, &questions);
    const size_t others = questions.count;
    for (int i = 0; i < STATUS_DAEMONS; i++) {
        struct status_seen *seen = &out->facts.daemons[i];
        if (seen->address[0])
            add_question(&questions, seen, slice_make(get, sizeof get - 1), 0);
        else
            seen->answer = STATUS_NO_ADDRESS;
    }
    exchange_run(out->exchanges, questions.count, WAIT_S * 1000);
    if (out->facts.has_queuehold)
        check_refusal(&out->exchanges[0]);
    for (size_t i = 0; i < questions.count; i++) {
        if (i >= others)
            questions.asked[i]->metrics = exchange_http_body(&out->exchanges[i]);
        settle(questions.asked[i], out->exchanges[i].rc);
    }
}

static void add_name(struct status_replica *replica, struct slice name)
{
    const size_t len = strlen(replica->names);
    if (replica->best_mx < NAMES && len + name.len + 3 < sizeof replica->names)
        snprintf(replica->names + len, sizeof replica->names - len, "%s%.*s", len ? ", " : "", (int)name.len,
                 name.ptr);
    replica->best_mx++;
}

// Bounded: a node of more domains than that has the count from the notifier.
static void find_problems(const struct directory_snapshot *rows, struct status_replica *out)
{
    struct domain_row domain;
    struct best_mx_row row;
    struct slice name = SLICE("");
    for (int i = 0; i < WALK_MAX && directory_domain_after(rows, name, &domain) == DIRECTORY_OK; i++) {
        name = domain.name;
        if (directory_best_mx(rows, name, &row) == DIRECTORY_OK)
            add_name(out, name);
    }
}

static void read_replica(const char *path, struct status_gathering *out)
{
    const struct directory_snapshot *rows;
    struct status_replica *replica = &out->facts.replica;
    char file[512];
    snprintf(file, sizeof file, "%s/data.mdb", path);
    replica->missing = access(file, F_OK) != 0 && errno == ENOENT;
    struct directory *directory = directory_create(path);
    if (directory && directory_begin(directory, &rows) == DIRECTORY_OK) {
        replica->read = true;
        replica->checked_at = directory_checked_at(rows);
        find_problems(rows, replica);
        directory_end(directory);
    } else if (directory) {
        snprintf(out->replica_problem, sizeof out->replica_problem, "%s", directory_problem(directory));
        replica->problem = out->replica_problem;
    }
    directory_destroy(directory);
}

void status_gather(const struct status_places *places, struct status_gathering *out)
{
    *out = (struct status_gathering){.facts = {.wait_s = WAIT_S, .now = clock_wall()}};
    read_settings(places, out);
    ask(places, out);
    queue_look(places->config, &out->facts.queue);
    const char *path = places->directory ? places->directory : out->settings[STATUS_REPLICATOR].directory;
    if (path)
        read_replica(path, out);
}

void status_gather_finish(struct status_gathering *gathering)
{
    for (int i = 0; i < STATUS_DAEMONS; i++)
        daemon_settings_finish(&gathering->settings[i]);
    exchange_finish(gathering->exchanges, sizeof gathering->exchanges / sizeof gathering->exchanges[0]);
}
