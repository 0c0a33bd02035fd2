// SPDX-License-Identifier: BSD-2-Clause
// emailgency-spf-worker: started by spf_client_create(), which hands down the sockets.
#include "base/log.h"
#include "base/memory.h"
#include "spfworker/checks.h"
#include "spfworker/confine.h"
#include "spfworker/options.h"
#include "worker/worker_serve.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

// libunbound's sockets (lib/resolver/upstream.c), TCP ones among them, and a few of libevent's.
#define OTHER_FILES_MAX 1100
#define LOOK_UPS_PER_CHECK 16

static struct event_base *base;
static struct resolver *resolver;
static struct worker_serve *serve;
static struct checks *checks;

static void on_request(unsigned channel, struct slice request, void *arg)
{
    (void)arg;
    checks_start(checks, channel, request);
}

static void begin(void *arg, unsigned channel)
{
    (void)arg;
    worker_serve_begin(serve, channel);
}

static void end(void *arg)
{
    (void)arg;
    worker_serve_end(serve);
}

static void reply(void *arg, unsigned channel, struct slice verdict)
{
    (void)arg;
    worker_serve_reply(serve, channel, verdict);
}

// All files that will be needed are opened in here.
static bool set_up(struct options *options, struct problem *problem)
{
    base = memory_or_exit(event_base_new());
    serve = worker_serve_create(base, on_request, NULL, problem);
    if (!serve)
        return false;
    unsigned channels = worker_serve_channels(serve);
    options->dns.in_flight_max = channels * LOOK_UPS_PER_CHECK;
    resolver = resolver_create(base, &options->dns, problem);
    if (!resolver)
        return false;
    checks = checks_create(&(struct checks_spec){base, resolver, channels, begin, end, reply, NULL});
    return true;
}

static int fail(int status, const char *problem)
{
    log_error("cannot start: %s", problem);
    return status;
}

// Returns whether the arguments asked for one of these.
static bool print_asked(enum options_asked asked)
{
    if (asked == OPTIONS_HELP)
        printf("emailgency-spf-worker is started by emailgency-milter and emailgencyctl; see "
               "emailgency-spf-worker(8)\n"
               "  --user NAME       run as this user when started by root\n"
               "  --dns SERVERS     resolvers, \"ip@port ip\"\n"
               "  --dns-timeout MS  milliseconds for one look-up\n"
               "  --max-ttl S       seconds an answer is kept at most\n"
               "  --cache-max N     answers kept\n"
               "  -h, --help        print this and exit\n"
               "  -V, --version     print the version and exit\n");
    else if (asked == OPTIONS_VERSION)
        printf("emailgency-spf-worker " EMG_VERSION "\n");
    return asked != OPTIONS_SERVE;
}

int main(int argc, char **argv)
{
    struct options options;
    struct problem problem;
    log_init("emailgency-spf-worker", LOG_TO_STDERR, LOG_LEVEL_INFO);
    if (!options_parse(argc, argv, &options, &problem))
        return fail(EX_USAGE, problem.text);
    if (print_asked(options.asked))
        return fflush(stdout) == 0 && !ferror(stdout) ? EX_OK : EX_IOERR;
    if (!set_up(&options, &problem))
        return fail(EX_USAGE, problem.text);
    if (!confine(options.user, worker_serve_channels(serve) + OTHER_FILES_MAX, &problem))
        return fail(EX_OSERR, problem.text);
    worker_serve_watch(serve);
    (void)event_base_dispatch(base);
    // No clean-up: libraries might make system calls that are no longer allowed.
    log_flush();
    _exit(0);
}
