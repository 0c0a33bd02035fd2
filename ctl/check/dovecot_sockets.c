// SPDX-License-Identifier: BSD-2-Clause
// The sockets between Postfix, Dovecot and PgBouncer.
#include "ctl/check/access_check.h"
#include "ctl/check/node_check.h"

#define RESTART "systemctl restart dovecot"

// `name` as Postfix takes it, with or without "unix:", relative to the queue directory.
static bool place(const struct postconf *facts, struct slice name, char *out, size_t size)
{
    const struct slice queue = postconf_value(facts, "queue_directory");
    if (slice_has_prefix(name, SLICE("inet:")) || name.len == 0)
        return false;
    if (slice_has_prefix(name, SLICE("unix:")))
        name = slice_skip(name, 5);
    const bool absolute = name.len > 0 && name.ptr[0] == '/';
    const int len = snprintf(out, size, "%.*s%s%.*s", absolute ? 0 : (int)queue.len, queue.ptr,
                             absolute ? "" : "/", (int)name.len, name.ptr);
    return len > 0 && (size_t)len < size;
}

static bool sasl_name(const struct postconf *facts, const struct postconf_service *service, struct slice *out)
{
    bool own;
    *out = postconf_value_at(facts, service, "smtpd_sasl_path", &own);
    return slice_equal(service->command, SLICE("smtpd")) &&
           slice_equal(postconf_value_at(facts, service, "smtpd_sasl_auth_enable", &own), SLICE("yes")) &&
           slice_equal(postconf_value_at(facts, service, "smtpd_sasl_type", &own), SLICE("dovecot"));
}

bool dovecot_sasl_path(const struct postconf *facts, size_t n, char *out, size_t size)
{
    struct postconf_service service;
    struct slice name;
    return postconf_service(facts, n, &service) && sasl_name(facts, &service, &name) &&
           place(facts, name, out, size);
}

bool dovecot_lmtp_path(const struct postconf *facts, char *out, size_t size)
{
    return place(facts, fact_text(facts, "conf.transportmap.lmtp_destination"), out, size);
}

struct wanted {
    const char *service, *mode; // of Dovecot
    const char *why;
};

// Dovecot makes the socket, so a wrong one is corrected in its configuration, where the last section of a
// listener counts. A brace there ends its line.
static void check_socket(const struct node_check *check, const char *name, const char *path,
                         const struct wanted *wanted)
{
    char append[1024];
    const struct slice owner = postconf_value(check->facts, "mail_owner"),
                       file = fact_text(check->facts, "dovecot.file");
    const bool configured =
        fact_text(check->facts, "dovecot.service.%s.unix_listener.%s.mode", wanted->service, path).len > 0 ||
        fact_text(check->facts, "dovecot.service.%s.unix_listener.%s.user", wanted->service, path).len > 0;
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = name,
                                        .parameter = path,
                                        .account = owner,
                                        .bits = 2,
                                        .severity = FINDING_ERROR,
                                        .why = wanted->why,
                                        .make = configured ? RESTART : append,
                                        .repair = append,
                                        .folder = "postfix set-permissions"};
    snprintf(append, sizeof append,
             "printf 'service %s {\\n unix_listener %s {\\n mode = %s\\n user = %.*s\\n group = %.*s\\n "
             "}\\n}\\n' >>%.*s && " RESTART,
             wanted->service, path, wanted->mode, (int)owner.len, owner.ptr, (int)owner.len, owner.ptr,
             (int)file.len, file.ptr);
    if (fact_text(check->facts, "path.%s.at", name).len > 0 && access_check(&access))
        finding_add(check->findings, FINDING_OK, path, NULL, NULL, "Postfix may connect");
}

static void check_sasl(const struct node_check *check)
{
    static const struct wanted wanted = {"auth", "0660",
                                         "no user can authenticate to send: 454, or AUTH is not offered"};
    struct postconf_service service;
    struct slice name;
    char path[512], fact[64], parameter[256];
    for (size_t n = 0; postconf_service(check->facts, n, &service); n++) {
        if (!dovecot_sasl_path(check->facts, n, path, sizeof path) ||
            !sasl_name(check->facts, &service, &name))
            continue;
        snprintf(fact, sizeof fact, "sasl.%zu", n);
        check_socket(check, fact, path, &wanted);
        if (name.ptr[0] != '/' || !slice_equal(service.chroot, SLICE("y")))
            continue;
        snprintf(parameter, sizeof parameter, "%.*s/%.*s/smtpd_sasl_path", (int)service.name.len,
                 service.name.ptr, (int)service.type.len, service.type.ptr);
        finding_add(check->findings, FINDING_ERROR, parameter, "-o smtpd_sasl_path=private/auth",
                    "in its chroot smtpd sees only paths relative to the queue directory", "%.*s is absolute",
                    (int)name.len, name.ptr);
    }
}

// The socket of PgBouncer, and a look-up through it.
static void check_logins(const struct node_check *check)
{
    struct slice user = fact_text(check->facts, "dovecot.default_internal_user");
    const struct slice problem = fact_text(check->facts, "pg.dovecot.problem");
    const struct slice path = fact_text(check->facts, "path.logins.at");
    char parameter[512];
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = "logins",
                                        .parameter = parameter,
                                        .account = user.len > 0 ? user : SLICE("dovecot"),
                                        .bits = 2,
                                        .severity = FINDING_ERROR,
                                        .why = "nobody logs in whose log-in is not in Dovecot's cache",
                                        .make = "systemctl enable --now emailgency-logins",
                                        .repair = "systemctl restart emailgency-logins",
                                        .folder = "systemd-tmpfiles --create"};
    if (!slice_copy(path, parameter, sizeof parameter) || path.len == 0 || !access_check(&access))
        return;
    if (problem.len > 0)
        finding_run(finding_add(check->findings, FINDING_ERROR, parameter, NULL, access.why, "%.*s",
                                (int)problem.len, problem.ptr),
                    "journalctl -u emailgency-logins -n 20");
    else
        finding_add(check->findings, FINDING_OK, parameter, NULL, NULL, "Dovecot may connect");
}

static void check_query_file(const struct node_check *check, const char *name, const char *file)
{
    char make[512];
    const struct slice path = fact_text(check->facts, "path.%s.at", name);
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = name,
                                        .parameter = file,
                                        .account = SLICE("root"),
                                        .bits = 4,
                                        .severity = FINDING_ERROR,
                                        .why = "Dovecot's passdb fails: nobody logs in",
                                        .make = make};
    snprintf(make, sizeof make, "install -m 0640 -g dovecot /usr/share/emailgency/dovecot/%s %.*s", file,
             (int)path.len, path.ptr);
    if (path.len > 0)
        (void)access_check(&access);
}

// A service of Postfix's lmtp(8) in a chroot.
static void check_lmtp_chroot(const struct node_check *check, const char *path)
{
    struct postconf_service service;
    char file[256];
    const struct slice name = fact_text(check->facts, "conf.transportmap.lmtp_destination");
    if (!slice_has_prefix(name, SLICE("unix:/")) ||
        !slice_copy(fact_text(check->facts, "conf.transportmap.file"), file, sizeof file))
        return;
    for (size_t n = 0; postconf_service(check->facts, n, &service); n++)
        if (slice_equal(service.name, SLICE("lmtp")) && slice_equal(service.chroot, SLICE("y")))
            finding_write(finding_add(check->findings, FINDING_ERROR, "transportmap.conf/lmtp_destination",
                                      NULL,
                                      "in its chroot lmtp sees only paths relative to the queue directory",
                                      "%s is absolute", path),
                          file, "lmtp_destination = \"unix:private/dovecot-lmtp\"");
}

void dovecot_sockets(const struct node_check *check)
{
    static const struct wanted lmtp = {"lmtp", "0600", "copies for the mail store wait in the queue"};
    char path[512];
    check_sasl(check);
    if (dovecot_lmtp_path(check->facts, path, sizeof path)) {
        check_lmtp_chroot(check, path);
        check_socket(check, "lmtp", path, &lmtp);
    }
    check_query_file(check, "dovecot_deny", "emailgency-deny.conf.ext");
    check_query_file(check, "dovecot_login", "emailgency-login.conf.ext");
    check_logins(check);
}
