// SPDX-License-Identifier: BSD-2-Clause
#include "milter/milter.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "directory/directory_age.h"
#include "io/loop.h"
#include "milter/batv_keyring.h"
#include "milter/callbacks.h"
#include "milter/decide/size_limit.h"
#include "milter/message_log.h"
#include "milter/message_spf.h"
#include "milter/milter_conf.h"
#include "milter/milter_service.h"
#include "milter/postfix_parameter.h"
#include "milter/shared_directory.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

enum { COLLECT_EVERY_MS = 100, CHECKER_AGAIN_MS = 5000, CLOSE_WITHIN_MS = 2000 };

static struct activity *activity;
static struct loop_timer collect;
static atomic_bool stopping, failed, signalled; // the last two: why libmilter has ended
static int64_t message_spf_due;                 // clock_mono_ms: when the workers are to be started

static struct counter checks = {.name = "emailgency_milter_spf_checks_total", .help = "SPF checks."};
static struct counter restarts = {.name = "emailgency_milter_spf_worker_restarts_total",
                                  .help = "SPF workers that ended and were restarted."};
static struct counter running = {
    .name = "emailgency_milter_spf_workers", .help = "SPF workers that run.", .kind = COUNTER_GAUGE};

static struct fault no_worker = {.name = "no-spf-worker",
                                 .text = "no SPF worker, so each check is temperror",
                                 .advice =
                                     "the start is tried again every 5 s; see `spf_worker`, and check it "
                                     "with emailgency-milter -t"};

// Bind before privileges are dropped: the queue directory is writable by root and postfix only.
bool milter_start(struct event_base *base, struct problem *problem)
{
    (void)base;
    return batv_keyring_load(milter_conf.batv_keys_file, problem) &&
           milter_service_open(&milter_conf.listen, problem);
}

static bool open_activity(struct event_base *base)
{
    activity = activity_create(
        base, &(struct activity_spec){.node = daemon_node_name(milter_conf.node),
                                      .spool = milter_conf.activity.spool,
                                      .interval_ms = milter_conf.activity.interval_ms,
                                      .database = pg_spec_of(&milter_conf.database, "milter activity")});
    return activity != NULL;
}

// Mail is accepted without workers, and their start is tried again.
static void start_checker(void)
{
    struct problem problem;
    const bool started =
        message_spf_start(&(struct spf_client_spec){.worker = milter_conf.spf_worker,
                                                    .user = milter_conf.spf_worker_user,
                                                    .dns_servers = milter_conf.dns.servers,
                                                    .dns_timeout_ms = milter_conf.dns.timeout_ms,
                                                    .dns_max_ttl = milter_conf.dns.max_ttl,
                                                    .dns_cache_max = (unsigned)milter_conf.dns.cache,
                                                    .workers = (unsigned)milter_conf.spf_workers,
                                                    .channels = (unsigned)milter_conf.spf_checks},
                          &problem);
    message_spf_due = started ? INT64_MAX : clock_mono_ms() + CHECKER_AGAIN_MS;
    if (!started)
        fault_report(&no_worker, problem.text);
}

// Postfix refuses what is larger than its own limit; 0 is none.
static void compare_limits(void)
{
    static const char *const name = "message_size_limit";
    char value[32];
    unsigned long long limit;
    const struct directory_snapshot *rows = shared_directory_begin();
    const int64_t largest = rows ? size_limit_largest(rows) : 0;
    shared_directory_end();
    if (!postfix_parameter(milter_conf.postfix_config, name, value, sizeof value) ||
        !slice_number(slice_from(value), INT64_MAX, &limit))
        log_warn("cannot compare the plans with Postfix's %s: postconf does not print it path=%s", name,
                 log_value(slice_from(milter_conf.postfix_config)).text);
    else if (limit != 0 && (int64_t)limit < largest)
        log_warn("Postfix refuses messages that the plans allow: set %s = %lld or more in main.cf limit=%llu",
                 name, (long long)largest, limit);
}

static void ask_postfix(void)
{
    char value[32];
    if (!*milter_conf.postfix_config)
        return;
    compare_limits();
    if (postfix_parameter(milter_conf.postfix_config, "enable_original_recipient", value, sizeof value))
        callbacks_set_original_recipients(strcmp(value, "no") != 0);
}

static void on_collect(void *arg)
{
    (void)arg;
    domain_counts_collect(activity);
    if (atomic_load(&failed) && !atomic_load(&stopping)) {
        daemon_fail("libmilter has stopped listening");
        return;
    }
    if (atomic_exchange(&signalled, false) && !atomic_load(&stopping))
        (void)kill(getpid(), SIGTERM); // libmilter took it (milter_service.c); now the loop gets it
    if (clock_mono_ms() >= message_spf_due)
        start_checker();
    loop_timer_set(&collect, COLLECT_EVERY_MS);
}

static void on_service_end(bool has_failed)
{
    atomic_store(has_failed ? &failed : &signalled, true);
}

bool milter_run(struct event_base *base, struct problem *problem)
{
    message_log_register();
    directory_age_register("emailgency_milter_replica_age_seconds");
    counter_register(&checks);
    fault_register(&no_worker, 1, "emailgency_milter_errors_total");
    counter_register(&restarts);
    counter_register(&running);
    session_set_authserv_id(milter_conf.authserv_id);
    message_spf_set_limit(milter_conf.spf_within_ms);
    loop_timer_init(&collect, base, on_collect, NULL);
    if (!shared_directory_open(milter_conf.directory) || !open_activity(base))
        return problem_set(problem, "out of memory");
    start_checker();
    ask_postfix();
    loop_timer_set(&collect, COLLECT_EVERY_MS);
    return milter_service_start(on_service_end, problem);
}

void milter_reload(void)
{
    struct problem problem;
    message_spf_set_limit(milter_conf.spf_within_ms);
    activity_set_interval(activity, milter_conf.activity.interval_ms);
    if (!batv_keyring_load(milter_conf.batv_keys_file, &problem))
        log_error("the keys that sign senders stay as they were: %s", problem.text);
}

static void on_flushed(void *arg)
{
    (void)arg;
    daemon_stopped();
}

void milter_stop(void)
{
    atomic_store(&stopping, true);
    milter_service_stop();
    domain_counts_collect(activity);
    activity_flush(activity, on_flushed, NULL);
}

void milter_finish(void)
{
    atomic_store(&stopping, true);
    milter_service_stop();
    loop_timer_finish(&collect);
    if (!callbacks_close(CLOSE_WITHIN_MS))
        return; // a thread that still waits for a check has all of it in use
    if (activity)
        domain_counts_collect(activity);
    message_spf_stop();
    activity_destroy(activity);
    shared_directory_close();
}

void milter_refresh(void)
{
    struct spf_client_counts counts;
    message_spf_counts(&counts);
    shared_directory_refresh();
    counter_set(&checks, (double)counts.checks);
    counter_set(&restarts, (double)counts.restarts);
    counter_set(&running, counts.running);
    activity_refresh(activity);
}
