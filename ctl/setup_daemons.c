// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_file.h"
#include "ctl/setup_hosts.h"
#include "ctl/setup_parts.h"
#include "ctl/setup_run.h"

#include <pwd.h>
#include <unistd.h>

#define MX_HOSTS_MAX 1024
#define QUEUE_FOLDER "/var/spool/postfix" // that the units know

struct daemon {
    const char *name;
    const char *units[3]; // ends in NULL
    unsigned options;     // that setup writes: a bit for each
    const char *role;     // in the database; NULL: that of its name
};

enum {
    DATABASE = 1,
    MX_HOSTS = 2,
    PROTOCOLS = 4,
    INSTANCE = 8, // Postfix's configuration directory
    QUEUE = 16,
    DOVEADM = 32, // the key of Dovecot's commands
    LOGIN = 64,   // the key of Dovecot's questions about log-ins
};

// In the order in which they are started.
static const struct daemon daemons[] = {
    {"replicator", {"emailgency-replicator.service", NULL}, DATABASE, NULL},
    {"policyd", {"emailgency-policyd.socket", "emailgency-policyd.service", NULL}, DATABASE | LOGIN, NULL},
    {"transportmap",
     {"emailgency-transportmap.socket", "emailgency-transportmap.service", NULL},
     MX_HOSTS | PROTOCOLS,
     NULL},
    {"milter", {"emailgency-milter.service", NULL}, DATABASE | INSTANCE, NULL},
    {"queuewatch",
     {"emailgency-queuewatch.socket", "emailgency-queuewatch.service", NULL},
     INSTANCE | QUEUE,
     NULL},
    {"notifier",
     {"emailgency-notifier.socket", "emailgency-notifier.service", NULL},
     DATABASE | MX_HOSTS | INSTANCE,
     NULL},
    {"report", {"emailgency-report.timer", NULL}, DATABASE, "notifier"},
    {"tracker", {"emailgency-tracker.service", NULL}, DATABASE, NULL},
    {"keeper", {"emailgency-keeper.service", NULL}, DATABASE | DOVEADM, NULL},
    {"logins", {"emailgency-logins.service", NULL}, 0, NULL},
};
enum { DAEMONS = sizeof daemons / sizeof daemons[0] };

struct values {
    struct setup_text conninfo, mx_hosts, protocols, queue, interfaces, proxies;
};

static struct slice value_line(struct slice *rest)
{
    return setup_line_trim(setup_line_next(rest));
}

// myorigin may name a file, whose first line is the name (Debian).
static void add_origin(struct slice origin, struct setup_text *out)
{
    char path[PATH_MAX], line[256] = "";
    FILE *file = origin.len && origin.ptr[0] == '/' && slice_copy(origin, path, sizeof path)
                     ? fopen(path, "re")
                     : NULL;
    if (file && fgets(line, sizeof line, file))
        origin = setup_line_trim(slice_from(line));
    if (file)
        (void)fclose(file);
    if (origin.len && origin.ptr[0] != '/' && !slice_equal_nocase(origin, setup_text_slice(out)))
        setup_text_print(out, " %.*s", (int)origin.len, origin.ptr);
}

static bool read_postfix(struct setup *setup, struct values *values, struct problem *problem)
{
    static const char *const parameters[] = {
        "myhostname",       "myorigin", "inet_protocols", "queue_directory", "inet_interfaces",
        "proxy_interfaces", NULL};
    struct setup_text text = {0};
    const bool done = setup_postfix_read(setup, parameters, &text, problem);
    struct slice rest = setup_text_slice(&text);
    setup_text_add(&values->mx_hosts, value_line(&rest));
    add_origin(value_line(&rest), &values->mx_hosts);
    const struct slice protocols = value_line(&rest);
    if (slice_equal(protocols, SLICE("ipv4")) || slice_equal(protocols, SLICE("ipv6")))
        setup_text_add(&values->protocols, protocols);
    setup_text_add(&values->queue, value_line(&rest));
    setup_text_add(&values->interfaces, value_line(&rest));
    setup_text_add(&values->proxies, value_line(&rest));
    setup_text_finish(&text);
    return done;
}

// The value that an earlier run wrote, or the operator.
static void read_mx_hosts(struct setup *setup, const struct setup_change *transportmap, struct values *values)
{
    struct slice earlier;
    if (setup->mx_hosts) {
        values->mx_hosts.len = 0;
        setup_text_print(&values->mx_hosts, "%s", setup->mx_hosts);
    } else if (setup_conf_value(setup_text_slice(&transportmap->before), "mx_hosts", &earlier)) {
        values->mx_hosts.len = 0;
        setup_text_add(&values->mx_hosts, earlier);
    } else if (!setup->undo) {
        setup_hosts_add(setup_text_slice(&values->interfaces), setup_text_slice(&values->proxies),
                        &values->mx_hosts);
    }
}

static void fill_conf(struct setup *setup, const struct daemon *daemon, struct values *values,
                      struct setup_change *change)
{
    char key[PATH_MAX], login_key[PATH_MAX];
    struct setup_text database = {0};
    (void)snprintf(key, sizeof key, "%s/doveadm.key", setup->etc);
    (void)snprintf(login_key, sizeof login_key, "%s/login.key", setup->etc);
    setup_text_print(&database, "%s user=emailgency_%s", setup_text_string(&values->conninfo),
                     daemon->role ? daemon->role : daemon->name);
    unsigned written = daemon->options;
    if (strcmp(setup->etc, SETUP_ETC_FOLDER) != 0)
        written &= ~(unsigned)(DOVEADM | LOGIN);
    if (slice_equal(setup_text_slice(&values->conninfo), SLICE(SETUP_DATABASE)))
        written &= ~(unsigned)DATABASE;
    if (!values->protocols.len)
        written &= ~(unsigned)PROTOCOLS;
    if (strcmp(setup->postfix, SETUP_POSTFIX_FOLDER) == 0)
        written &= ~(unsigned)INSTANCE;
    if (slice_equal(setup_text_slice(&values->queue), SLICE(QUEUE_FOLDER)))
        written &= ~(unsigned)QUEUE;
    const struct setup_assignment assignments[] = {
        {"database", written & DATABASE ? setup_text_string(&database) : NULL},
        {"mx_hosts", written & MX_HOSTS ? setup_text_string(&values->mx_hosts) : NULL},
        {"inet_protocols", written & PROTOCOLS ? setup_text_string(&values->protocols) : NULL},
        {"postfix_config", written & INSTANCE ? setup->postfix : NULL},
        {"queue_directory", written & QUEUE ? setup_text_string(&values->queue) : NULL},
        {"doveadm_key_file", written & DOVEADM ? key : NULL},
        {"login_key_file", written & LOGIN ? login_key : NULL},
        {NULL, NULL},
    };
    setup_conf_apply(setup_text_slice(&change->base), assignments, &change->after);
    setup_text_finish(&database);
}

// A new file is the shipped one, with the place of the database.
static bool make_logins(const struct setup *setup, const char *place, struct setup_text *out,
                        struct problem *problem)
{
    struct setup_text shipped = {0}, content = {0};
    const bool done = setup_share_read(setup, "pgbouncer/logins.ini", &shipped, problem);
    setup_logins_apply(setup_text_slice(&shipped), place, false, &content);
    if (done)
        setup_own_apply(SLICE(""), setup_text_slice(&content), out);
    setup_text_finish(&shipped);
    setup_text_finish(&content);
    return done;
}

// Dovecot's PgBouncer.
static bool plan_logins(struct setup *setup, const struct values *values, bool *changed,
                        struct problem *problem)
{
    char place[1024] = SETUP_LOGINS_PLACE;
    struct setup_change *change = setup_read_in(setup, setup->etc, "logins.ini", problem);
    const struct slice conninfo = setup_text_slice(&values->conninfo);
    if (!change)
        return false;
    if (setup_database_value(conninfo, "host").len)
        (void)slice_copy(conninfo, place, sizeof place);
    if (setup->undo)
        setup_text_add(&change->after, setup_text_slice(&change->base));
    else if (change->base.len)
        setup_logins_apply(setup_text_slice(&change->base), place, true, &change->after);
    else if (!make_logins(setup, place, &change->after, problem))
        return false;
    *changed = setup_plan_change(&setup->plan, change);
    return true;
}

static bool plan_confs(struct setup *setup, struct values *values, bool changed[DAEMONS],
                       struct problem *problem)
{
    char name[64];
    struct setup_change *found[DAEMONS] = {NULL};
    for (size_t i = 0; i + 1 < DAEMONS; i++) {
        (void)snprintf(name, sizeof name, "%s.conf", daemons[i].name);
        found[i] = setup_read_in(setup, setup->etc, name, problem);
        if (!found[i])
            return false;
        if (strcmp(daemons[i].name, "transportmap") == 0)
            read_mx_hosts(setup, found[i], values);
    }
    for (size_t i = 0; i + 1 < DAEMONS; i++) {
        if (setup->undo)
            setup_text_add(&found[i]->after, setup_text_slice(&found[i]->base));
        else
            fill_conf(setup, &daemons[i], values, found[i]);
        changed[i] = setup_plan_change(&setup->plan, found[i]);
    }
    return plan_logins(setup, values, &changed[DAEMONS - 1], problem);
}

// Exit code 0 of systemctl.
static bool is(const char *state, const char *unit)
{
    const char *const argv[] = {"systemctl", state, "--quiet", unit, NULL};
    struct setup_text ignored = {0};
    struct problem why;
    const bool yes = setup_run(argv, &ignored, &why) == 0;
    setup_text_finish(&ignored);
    return yes;
}

static void plan_unit(struct setup *setup, const struct daemon *daemon, bool changed)
{
    bool on = true;
    for (size_t i = 0; daemon->units[i]; i++)
        on = on && is("is-enabled", daemon->units[i]) && is("is-active", daemon->units[i]);
    if (!on)
        setup_plan_command(&setup->plan, SETUP_RUN, "systemctl", "enable", "--now", daemon->units[0],
                           daemon->units[1], NULL);
    else if (changed || setup->interrupted)
        setup_plan_command(&setup->plan, SETUP_RELOAD, "systemctl", "restart",
                           daemon->units[1] ? daemon->units[1] : daemon->units[0], NULL);
}

static void plan_units(struct setup *setup, const bool changed[DAEMONS])
{
    if (access("/run/systemd/system", F_OK) != 0) {
        setup_plan_note(&setup->plan,
                        "systemd does not run here: start the daemons yourself, the replicator first");
        return;
    }
    for (size_t i = 0; i < DAEMONS && !setup->undo; i++)
        plan_unit(setup, &daemons[i], changed[i]);
    for (size_t i = DAEMONS; i-- > 0 && setup->undo;)
        if (is("is-enabled", daemons[i].units[0]))
            setup_plan_command(&setup->plan, SETUP_RUN, "systemctl", "disable", "--now", daemons[i].units[0],
                               daemons[i].units[1], NULL);
}

// Accounts and folders, which a package makes as it is installed and `cmake --install` does not.
static void plan_accounts(struct setup *setup, struct values *values)
{
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s/emailgency", setup_text_string(&values->queue));
    if (!getpwnam("emailgency-replicator") || !getpwnam("emailgency-queuewatch") ||
        !getpwnam("emailgency-logins") || !getpwnam("emailgency-keeper"))
        setup_plan_command(&setup->plan, SETUP_RUN, "systemd-sysusers", "emailgency.conf", NULL);
    if (access(folder, F_OK) != 0)
        setup_plan_command(&setup->plan, SETUP_RUN, "systemd-tmpfiles", "--create", "--prefix", folder,
                           "--prefix", "/run/emailgency-logins", "--prefix", "/var/lib/emailgency-store",
                           "--prefix", "/var/lib/emailgency/usage", NULL);
}

// The notifier's unit lets sendmail(1) write to the usual queue alone.
static void note_queue(struct setup *setup, struct values *values)
{
    if (!slice_equal(setup_text_slice(&values->queue), SLICE(QUEUE_FOLDER)))
        setup_plan_note(&setup->plan,
                        "alerts go by mail once \"systemctl edit emailgency-notifier\" has \"[Service]\" and "
                        "\"ReadWritePaths=%s/maildrop\"",
                        setup_text_string(&values->queue));
}

// The key of `file` that the script `maker` makes for a daemon and Dovecot.
static void plan_key(struct setup *setup, const char *maker, const char *file)
{
    char program[PATH_MAX], key[PATH_MAX];
    (void)snprintf(program, sizeof program, "%s/dovecot/%s", setup->share, maker);
    (void)snprintf(key, sizeof key, "%s/%s", setup->etc, file);
    if (access(key, F_OK) != 0)
        setup_plan_command(&setup->plan, SETUP_RUN, "sh", program, setup->etc, setup->dovecot, NULL);
}

bool setup_daemons_plan(struct setup *setup, struct problem *problem)
{
    struct values values = {.conninfo = {0}};
    bool changed[DAEMONS] = {false};
    const bool own_folder = strcmp(setup->etc, SETUP_ETC_FOLDER) == 0;
    bool done = setup_database(setup, &values.conninfo, problem) && read_postfix(setup, &values, problem);
    if (done && own_folder && setup->undo)
        plan_units(setup, changed);
    if (done && own_folder && !setup->undo)
        plan_accounts(setup, &values);
    done = done && plan_confs(setup, &values, changed, problem);
    if (done && own_folder && !setup->undo) {
        plan_key(setup, "make-keeper-key", "doveadm.key");
        plan_key(setup, "make-login-key", "login.key");
        note_queue(setup, &values);
        plan_units(setup, changed);
    } else if (done && !own_folder)
        setup_plan_note(&setup->plan, "%s is not " SETUP_ETC_FOLDER ": start and stop the daemons yourself",
                        setup->etc);
    setup_text_finish(&values.conninfo);
    setup_text_finish(&values.mx_hosts);
    setup_text_finish(&values.protocols);
    setup_text_finish(&values.queue);
    setup_text_finish(&values.interfaces);
    setup_text_finish(&values.proxies);
    return done;
}
