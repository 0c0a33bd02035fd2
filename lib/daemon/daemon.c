// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/daemon.h"

#include "base/counter.h"
#include "base/log.h"
#include "daemon/arguments.h"
#include "daemon/pid_file.h"
#include "daemon/privileges.h"
#include "daemon/self_check.h"
#include "io/metrics.h"
#include "io/readiness.h"
#include "io/socket_address.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { STOP_WITHIN_S = 10 };

// One process is one daemon, so its state is here.
static struct {
    const struct daemon_spec *spec;
    const char *conf_path;
    bool conf_default; // the path is the default, where the file may be missing
    struct privileges privileges;
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
    return !*value || option_check_listen(value, problem);
}

uid_t daemon_owner(void)
{
    return process.privileges.uid;
}

// The file to read; NULL where that of the default path is missing, so that all options have their defaults.
static const char *conf_file(void)
{
    struct stat st;
    return process.conf_default && lstat(process.conf_path, &st) != 0 && errno == ENOENT ? NULL
                                                                                         : process.conf_path;
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

static void note_defaults(const char *file)
{
    if (!file)
        log_info("there is no %s, so all options have their defaults", process.conf_path);
}

static void on_reload(evutil_socket_t signal_number, short what, void *arg)
{
    struct problem problem;
    const char *file = conf_file();
    (void)signal_number;
    (void)what;
    (void)arg;
    if (process.stopping)
        return;
    readiness_reloading();
    if (conf_reload(process.spec->options, process.spec->conf_size, file, process.spec->conf, &problem) !=
        CONF_OK) {
        log_error("the configuration stays as it was: %s", problem.text);
    } else {
        init_log();
        if (process.spec->reload)
            process.spec->reload();
        note_defaults(file);
        log_info("configuration reloaded path=%s", log_value(slice_from(process.conf_path)).text);
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

// "emailgency_policyd_build_info" of emailgency-policyd.
static void register_build(void)
{
    static char name[80];
    static struct counter build = {.name = name,
                                   .help = "1, with the version of this program.",
                                   .labels = {{"version", EMG_VERSION}},
                                   .kind = COUNTER_GAUGE};
    snprintf(name, sizeof name, "%s_build_info", process.spec->name);
    for (char *at = name; *at; at++)
        if (*at == '-')
            *at = '_';
    counter_set(&build, 1);
    counter_register(&build);
}

// Neither asks who connects.
static void warn_of_reach(const char *option, const char *address, const char *admitted)
{
    struct socket_address parsed;
    struct problem problem;
    if (*address && socket_address_parse(address, &parsed, &problem) && !socket_address_local(&parsed))
        log_warn("`%s` can be reached from other machines, without a password: let a firewall admit %s alone "
                 "address=%s",
                 option, admitted, log_value(slice_from(address)).text);
}

static void warn_of_exposure(void)
{
    const struct listen_conf *listening = process.spec->listen;
    if (process.privileges.uid == 0)
        log_warn("it runs as root: give it an account of its own by `user`");
    warn_of_reach("metrics", own_conf()->metrics, "the monitoring host");
    if (listening)
        warn_of_reach("listen", listening->address, "the hosts of Postfix");
}

static bool open_metrics(struct problem *problem)
{
    if (!*own_conf()->metrics)
        return true;
    const struct metrics_spec spec = {
        .address = own_conf()->metrics, .owner = daemon_owner(), .refresh = process.spec->refresh};
    register_build();
    process.metrics = metrics_create(process.base, &spec, problem);
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
    process.privileges.kept_capabilities = spec->kept_capabilities;
    if (!spec->start(process.base, problem) || !privileges_drop(&process.privileges, problem))
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

// Looks up what the options name outside the file.
static bool find_accounts(struct problem *problem)
{
    const struct listen_conf *listening = process.spec->listen;
    return privileges_find(process.spec->name, own_conf()->user, own_conf()->group, &process.privileges,
                           problem) &&
           (!listening || option_check_group(listening->address, listening->group, problem));
}

static int serve(const char *file)
{
    struct problem problem;
    init_log();
    note_defaults(file);
    if (!find_accounts(&problem))
        return fail_start(problem.text, EX_CONFIG);
    warn_of_exposure();
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

static int check(const char *file)
{
    const struct daemon_spec *spec = process.spec;
    const struct self_check_spec checks = {.name = spec->name,
                                           .conf_path = file,
                                           .options = spec->options,
                                           .conf = spec->conf,
                                           .probe = spec->probe};
    struct problem problem;
    if (!file)
        fprintf(stderr, "%s: there is no %s, so all options have their defaults\n", spec->name,
                process.conf_path);
    if (find_accounts(&problem))
        return self_check_run(&checks, &process.privileges) ? EX_OK : EX_CONFIG;
    fprintf(stderr, "%s: %s\n", spec->name, problem.text);
    return EX_CONFIG;
}

static int run_mode(enum arguments_mode mode)
{
    const struct daemon_spec *spec = process.spec;
    const char *file = conf_file();
    struct problem problem;
    if (conf_load(spec->options, spec->conf_size, file, spec->conf, &problem) != CONF_OK) {
        fprintf(stderr, "%s: %s\n", spec->name, problem.text);
        return EX_CONFIG;
    }
    if (mode == ARGUMENTS_SERVE)
        return serve(file);
    if (mode == ARGUMENTS_CHECK)
        return check(file);
    conf_print(spec->options, spec->conf, stdout);
    return fflush(stdout) == 0 && !ferror(stdout) ? EX_OK : EX_IOERR;
}

int daemon_run(int argc, char **argv, const struct daemon_spec *spec)
{
    struct arguments arguments;
    process.spec = spec;
    process.pid_file.fd = -1;
    if (!arguments_read(argc, argv, &arguments)) {
        arguments_usage(spec->name, spec->default_conf, stderr);
        return EX_USAGE;
    }
    if (arguments.mode == ARGUMENTS_HELP)
        arguments_usage(spec->name, spec->default_conf, stdout);
    else if (arguments.mode == ARGUMENTS_VERSION)
        printf("%s %s\n", spec->name, EMG_VERSION);
    if (arguments.mode == ARGUMENTS_HELP || arguments.mode == ARGUMENTS_VERSION)
        return fflush(stdout) == 0 && !ferror(stdout) ? EX_OK : EX_IOERR;
    process.conf_default = !arguments.conf_path;
    process.conf_path = arguments.conf_path ? arguments.conf_path : spec->default_conf;
    const int code = run_mode(arguments.mode);
    conf_free(spec->options, spec->conf);
    return code;
}
