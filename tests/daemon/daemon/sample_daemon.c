// SPDX-License-Identifier: BSD-2-Clause
// Greets each client. `fault` makes it fail where a real daemon might.
#include "daemon/daemon.h"
#include "io/listener.h"
#include "io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    struct daemon_conf daemon;
    char *listen;
    char *greeting;
    char *fault;
    int64_t stop_ms;
} conf;

#define CONF_STRUCT __typeof__(conf)
static const struct conf_option options[] = {
    DAEMON_OPTIONS(""),
    {CONF_TEXT(listen), .fallback = "", .help = "where it greets"},
    {CONF_TEXT(greeting), .fallback = "hello", .reloadable = true, .help = "what it says"},
    {CONF_TEXT(fault), .fallback = "", .help = "start, run, fail, fail-later or empty"},
    {CONF_MS(stop_ms), .fallback = "0", .max = 60000, .help = "milliseconds that stopping takes"},
    CONF_END,
};

static struct listener *listener;
static struct loop_timer timer;

static void on_accept(int fd, void *arg)
{
    (void)arg;
    dprintf(fd, "%s uid=%d gid=%d home=%s user=%s\n", conf.greeting, (int)getuid(), (int)getgid(),
            getenv("HOME"), getenv("USER"));
    close(fd);
}

static void on_timer(void *arg)
{
    (void)arg;
    if (strcmp(conf.fault, "fail-later") == 0)
        daemon_fail("as configured, later");
    else
        daemon_stopped();
}

static bool start(struct event_base *base, struct problem *problem)
{
    const struct listener_spec spec = {
        .address = conf.listen, .mode = 0666, .owner = daemon_owner(), .on_accept = on_accept};
    loop_timer_init(&timer, base, on_timer, NULL);
    listener = listener_create(base, &spec, problem);
    if (!listener)
        return false;
    return strcmp(conf.fault, "start") != 0 || problem_set(problem, "start fails as configured");
}

static bool run(struct event_base *base, struct problem *problem)
{
    (void)base;
    if (strcmp(conf.fault, "fail") == 0)
        daemon_fail("as configured");
    if (strcmp(conf.fault, "fail-later") == 0)
        loop_timer_set(&timer, 50);
    return strcmp(conf.fault, "run") != 0 || problem_set(problem, "run fails as configured");
}

static void stop(void)
{
    loop_timer_set(&timer, conf.stop_ms);
}

static void finish(void)
{
    listener_destroy(listener);
    loop_timer_finish(&timer);
}

int main(int argc, char **argv)
{
    const struct daemon_spec spec = {.name = "sample",
                                     .default_conf = "/nowhere/sample.conf",
                                     .options = options,
                                     .conf = &conf,
                                     .conf_size = sizeof conf,
                                     .start = start,
                                     .run = run,
                                     .stop = stop,
                                     .finish = finish};
    return daemon_run(argc, argv, &spec);
}
