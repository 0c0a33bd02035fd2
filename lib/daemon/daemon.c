// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/daemon.h"

#include "base/log.h"
#include "daemon/pid_file.h"
#include "daemon/privileges.h"
#include "io/metrics.h"
#include "io/readiness.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { STOP_WITHIN_S = 10 };

// One process is one daemon, so its state is here.
static struct {
    const struct daemon_spec *spec;
    const char *conf_path;
    struct event_base *base;
    struct event *signals[3];
    struct event *watchdog;
    struct metrics *metrics;
    struct pid_file pid_file;
    int exit_code;
    bool started;  // spec->start was called, so spec->finish must be
    bool stopping; // SIGTERM came
    bool done;     // the loop was ended
} process;

static const struct daemon_conf *own_conf(void)
{
    return process.spec->conf;
}

bool daemon_check_log(const char *value, struct problem *problem)
{
    return strcmp(value, "syslog") == 0 || strcmp(value, "stderr") == 0 ||
           problem_set(problem, "write syslog or stderr");
}

const char *daemon_node_name(const char *configured)
{
    static char name[HOST_NAME_MAX + 1];
    if (*configured)
        return configured;
    return gethostname(name, sizeof name - 1) == 0 ? name : "unnamed";
}

static const char *const level_words[] = {"debug", "info", "warn", "error"};

static int level_of(const char *value)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(value, level_words[i]) == 0)
            return i;
    return -1;
}

bool daemon_check_log_level(const char *value, struct problem *problem)
{
    return level_of(value) >= 0 || problem_set(problem, "write debug, info, warn or error");
}

bool daemon_check_metrics(const char *value, struct problem *problem)
{
    return !*value || metrics_address_check(value, problem);
}

// At a terminal the log is expected there.
static bool logs_to_stderr(void)
{
    return strcmp(own_conf()->log, "stderr") == 0 || isatty(STDERR_FILENO);
}

static void init_log(void)
{
    log_init(process.spec->name, logs_to_stderr() ? LOG_TO_STDERR : LOG_TO_SYSLOG,
             (enum log_level)level_of(own_conf()->log_level));
}

static void on_library_log(int severity, const char *text)
{
    if (severity == EVENT_LOG_DEBUG)
        log_debug("libevent: %s", text);
    else
        log_warn("libevent: %s", text);
}

void daemon_stopped(void)
{
    process.done = true;
    event_base_loopexit(process.base, NULL);
}

void daemon_fail(const char *reason)
{
    log_error("stopping: %s", reason);
    process.exit_code = EX_OSERR;
    process.done = true;
    event_base_loopbreak(process.base);
}

static void on_stop(evutil_socket_t signal_number, short what, void *arg)
{
    const struct timeval limit = {.tv_sec = STOP_WITHIN_S};
    (void)what;
    (void)arg;
    log_info("stopping signal=%d", (int)signal_number);
    if (process.stopping || !process.spec->stop) {
        daemon_stopped();
        return;
    }
    process.stopping = true;
    readiness_stopping();
    event_base_loopexit(process.base, &limit);
    process.spec->stop();
}

static void on_reload(evutil_socket_t signal_number, short what, void *arg)
{
    struct problem problem;
    (void)signal_number;
    (void)what;
    (void)arg;
    if (process.stopping)
        return;
    readiness_reloading();
    if (conf_reload(process.spec->options, process.spec->conf_size, process.conf_path, process.spec->conf,
                    &problem) != CONF_OK) {
        log_error("the configuration stays as it was: %s", problem.text);
    } else {
        init_log();
        if (process.spec->reload)
            process.spec->reload();
        log_info("configuration reloaded path=%s", process.conf_path);
    }
    readiness_ready();
}

static bool add_signals(void)
{
    static const struct {
        int number;
        event_callback_fn callback;
    } table[] = {{SIGTERM, on_stop}, {SIGINT, on_stop}, {SIGHUP, on_reload}};
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < 3; i++) {
        process.signals[i] = evsignal_new(process.base, table[i].number, table[i].callback, NULL);
        if (!process.signals[i] || evsignal_add(process.signals[i], NULL) != 0)
            return false;
    }
    return true;
}

static bool open_metrics(struct problem *problem)
{
    if (!*own_conf()->metrics)
        return true;
    process.metrics = metrics_create(process.base, own_conf()->metrics, process.spec->refresh, NULL, problem);
    return process.metrics != NULL;
}

// Sockets are opened before privileges are dropped, what reads the network runs after that.
static bool start(struct problem *problem)
{
    const struct daemon_spec *spec = process.spec;
    privileges_raise_files();
    event_set_log_callback(on_library_log);
    process.base = event_base_new();
    if (!process.base || !add_signals())
        return problem_set(problem, "out of memory");
    // First of all: a second instance must end before it touches the first one's sockets.
    if (!pid_file_open(&process.pid_file, own_conf()->pid_file, problem) || !open_metrics(problem))
        return false;
    process.started = true;
    if (!spec->start(process.base, problem) || !privileges_drop(own_conf()->user, own_conf()->group, problem))
        return false;
    privileges_keep_memory();
    return !spec->run || spec->run(process.base, problem);
}

static void finish(void)
{
    if (process.started && process.spec->finish)
        process.spec->finish();
    metrics_destroy(process.metrics);
    for (size_t i = 0; i < 3; i++)
        if (process.signals[i])
            event_free(process.signals[i]);
    if (process.watchdog)
        event_free(process.watchdog);
    pid_file_close(&process.pid_file);
    if (process.base)
        event_base_free(process.base);
}

static void run_loop(void)
{
    pid_file_write(&process.pid_file);
    process.watchdog = readiness_watch(process.base);
    readiness_ready();
    log_info("ready version=%s", EMG_VERSION);
    log_hold();
    do
        log_flush();
    while (event_base_loop(process.base, EVLOOP_ONCE) == 0 && !event_base_got_exit(process.base) &&
           !event_base_got_break(process.base));
    log_flush();
    if (!process.done)
        log_warn("stopped before everything was finished");
}

static int fail_start(const char *why, int code)
{
    // Also where the log goes elsewhere: an admin or a script that starts it looks here.
    if (!logs_to_stderr())
        fprintf(stderr, "%s: cannot start: %s\n", process.spec->name, why);
    log_error("cannot start: %s", why);
    return code;
}

static int serve(void)
{
    struct problem problem;
    init_log();
    if (!privileges_check(own_conf()->user, own_conf()->group, &problem))
        return fail_start(problem.text, EX_CONFIG);
    const bool started = start(&problem);
    if (!started)
        process.exit_code = fail_start(problem.text, EX_OSERR);
    else if (!process.done) // or the daemon has failed from within start or run
        run_loop();
    finish();
    if (started)
        log_info("stopped");
    log_flush();
    return process.exit_code;
}

static int usage(FILE *out, int code)
{
    fprintf(out,
            "usage: %s [-t | -p] [-c FILE]\n"
            "  -c FILE  read FILE instead of %s\n"
            "  -t       check the configuration and exit\n"
            "  -p       print what is in force and exit\n"
            "  -V       print the version and exit\n",
            process.spec->name, process.spec->default_conf);
    return code;
}

static int run_mode(char mode)
{
    const struct daemon_spec *spec = process.spec;
    struct problem problem;
    if (conf_load(spec->options, spec->conf_size, process.conf_path, spec->conf, &problem) != CONF_OK ||
        (mode == 't' && !privileges_check(own_conf()->user, own_conf()->group, &problem))) {
        fprintf(stderr, "%s: %s\n", spec->name, problem.text);
        return EX_CONFIG;
    }
    if (!mode)
        return serve();
    if (mode == 'p')
        conf_print(spec->options, spec->conf, stdout);
    return fflush(stdout) == 0 && !ferror(stdout) ? EX_OK : EX_IOERR;
}

int daemon_run(int argc, char **argv, const struct daemon_spec *spec)
{
    char mode = 0;
    process.spec = spec;
    process.conf_path = spec->default_conf;
    process.pid_file.fd = -1;
    for (int option; (option = getopt(argc, argv, "c:hptV")) != -1;) {
        if (option == 'c')
            process.conf_path = optarg;
        else if (option == 'p' || option == 't')
            mode = (char)option;
        else if (option == 'V')
            return printf("%s %s\n", spec->name, EMG_VERSION) < 0 ? EX_IOERR : EX_OK;
        else
            return option == 'h' ? usage(stdout, EX_OK) : usage(stderr, EX_USAGE);
    }
    if (optind < argc)
        return usage(stderr, EX_USAGE);
    const int code = run_mode(mode);
    conf_free(spec->options, spec->conf);
    return code;
}
