// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/access_check.h"
#include "ctl/check/node_check.h"

enum { DATABASES_MAX = 16 };

#define INCLUDE_AUTH "!include /etc/dovecot/emailgency-auth.conf"
#define INCLUDE_STORE "!include /etc/dovecot/emailgency-store.conf"

static struct slice setting(const struct node_check *check, const char *name)
{
    return fact_text(check->facts, "dovecot.%s", name);
}

static struct finding *add_error(const struct node_check *check, const char *parameter, const char *why,
                                 struct slice value)
{
    return finding_add(check->findings, FINDING_ERROR, parameter, NULL, why, "is \"%.*s\"", (int)value.len,
                       value.ptr);
}

static void write_conf(const struct node_check *check, struct finding *finding, const char *line)
{
    char file[256];
    (void)slice_copy(setting(check, "file"), file, sizeof file);
    finding_write(finding, file, "%s", line);
}

static bool holds(struct slice rest, const char *wanted)
{
    for (struct slice word; postconf_next(&rest, &word);)
        if (slice_equal(word, slice_from(wanted)))
            return true;
    return false;
}

static void check_version(const struct node_check *check)
{
    const struct slice version = setting(check, "version");
    if (version.len == 0 || slice_has_prefix(version, SLICE("2.3.")))
        return;
    finding_run(add_error(check, "dovecot.version",
                          "packaging/dovecot is for Dovecot 2.3; 2.4 has another configuration", version),
                "apt install dovecot-core=1:2.3.19\\*");
}

static void check_protocols(const struct node_check *check)
{
    static const char *const wanted[] = {"imap", "lmtp"};
    const struct slice value = setting(check, "protocols");
    for (size_t i = 0; i < 2; i++)
        if (!holds(value, wanted[i])) {
            write_conf(
                check,
                add_error(check, "dovecot.protocols",
                          i ? "no copy of a message reaches the mail store" : "users cannot read their mail",
                          value),
                "protocols = imap lmtp");
            return;
        }
    finding_add(check->findings, FINDING_OK, "dovecot.protocols", NULL, NULL, "has imap and lmtp");
}

static void check_driver(const struct node_check *check)
{
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = "dovecot_driver",
                                        .parameter = "dovecot-pgsql",
                                        .account = SLICE("root"),
                                        .bits = 4,
                                        .severity = FINDING_ERROR,
                                        .why = "Dovecot cannot look log-ins up: nobody logs in",
                                        .make = "apt install dovecot-pgsql"};
    if (fact_text(check->facts, "path.dovecot_driver.at").len > 0 && access_check(&access))
        finding_add(check->findings, FINDING_OK, "dovecot-pgsql", NULL, NULL, "is installed");
}

// The number of the passdb whose query file ends so; DATABASES_MAX if there is none.
static size_t find_passdb(const struct node_check *check, const char *file)
{
    for (size_t n = 0; n < DATABASES_MAX; n++)
        if (slice_has_suffix_nocase(fact_text(check->facts, "dovecot.passdb.%zu.args", n), slice_from(file)))
            return n;
    return DATABASES_MAX;
}

static void check_order(const struct node_check *check, size_t login)
{
    char file[256], parameter[64];
    const struct slice conf = setting(check, "file");
    struct slice folder, base, driver;
    (void)slice_split_last(conf, '/', &folder, &base);
    snprintf(file, sizeof file, "%.*s/conf.d/10-auth.conf", (int)folder.len, folder.ptr);
    for (size_t n = 0; (driver = fact_text(check->facts, "dovecot.passdb.%zu.driver", n)).len > 0; n++) {
        if (slice_equal(driver, SLICE("sql")))
            continue;
        snprintf(parameter, sizeof parameter, "dovecot.passdb.%zu", n);
        struct finding *finding =
            n < login
                ? finding_add(
                      check->findings, FINDING_ERROR, parameter, NULL,
                      "a login that it accepts sends mail despite SMTP deny, and each log-in waits for it",
                      "%.*s comes before Emailgency's passdb", (int)driver.len, driver.ptr)
                : finding_add(check->findings, FINDING_WARNING, parameter, NULL,
                              "logins that are in no row can log in", "%.*s comes after Emailgency's passdb",
                              (int)driver.len, driver.ptr);
        finding_write(finding, file, "#!include auth-%s.conf.ext",
                      slice_equal(driver, SLICE("pam")) ? "system" : "passwdfile");
    }
}

static struct finding *add_passdb_error(const struct node_check *check, const char *why, const char *text)
{
    return finding_add(check->findings, FINDING_ERROR, "dovecot.passdb", NULL, why, "%s", text);
}

// The denial is looked up after the right password, and before the log-in succeeds.
static void check_deny(const struct node_check *check, size_t login, size_t deny)
{
    const struct slice passed = fact_text(check->facts, "dovecot.passdb.%zu.result_success", login),
                       denied = fact_text(check->facts, "dovecot.passdb.%zu.result_success", deny);
    if (deny == DATABASES_MAX || deny < login)
        write_conf(check,
                   add_passdb_error(check, "SMTP deny does not apply at AUTH",
                                    "emailgency-deny.conf.ext does not come after emailgency-login.conf.ext"),
                   INCLUDE_AUTH);
    else if (!slice_equal(passed, SLICE("continue-ok")))
        write_conf(check,
                   add_passdb_error(check, "users who may not send log in",
                                    "result_success of emailgency-login.conf.ext is not continue-ok"),
                   "result_success = continue-ok");
    else if (!slice_equal(denied, SLICE("return-fail")))
        write_conf(check,
                   add_passdb_error(check, "users who may not send log in",
                                    "result_success of emailgency-deny.conf.ext is not return-fail"),
                   "result_success = return-fail");
}

static void check_passdb(const struct node_check *check)
{
    const size_t deny = find_passdb(check, "emailgency-deny.conf.ext"),
                 login = find_passdb(check, "emailgency-login.conf.ext");
    const size_t before = check->findings->count;
    if (login == DATABASES_MAX)
        write_conf(
            check,
            add_passdb_error(check, "no user of the rows can log in", "Emailgency's passdb is not included"),
            INCLUDE_AUTH);
    else
        check_deny(check, login, deny);
    check_order(check, login);
    if (check->findings->count == before)
        finding_add(check->findings, FINDING_OK, "dovecot.passdb", NULL, NULL, "asks the rows first");
}

static void warn_of_guesses(const struct node_check *check, const char *parameter, const char *why,
                            const char *text, struct slice file, const char *line)
{
    char path[256];
    struct finding *finding = finding_add(check->findings, FINDING_WARNING, parameter, NULL, why, "%s", text);
    (void)slice_copy(file, path, sizeof path);
    if (line)
        finding_write(finding, path, "%s", line);
    else
        finding_run(finding, "sh /usr/share/emailgency/dovecot/make-login-key && systemctl restart dovecot");
}

// Passwords that are guessed, at log-ins of both Dovecot and Postfix.
static void check_guesses(const struct node_check *check)
{
    static const char parameter[] = "dovecot.auth_policy_server_url";
    static const char why[] = "guessed passwords are neither slowed down nor refused";
    const struct slice policyd = fact_text(check->facts, "conf.policyd.file");
    if (setting(check, "auth_policy_server_url").len == 0)
        warn_of_guesses(check, parameter, why, "is not set", policyd, NULL);
    else if (policyd.len > 0 && fact_text(check->facts, "conf.policyd.login_key_file").len == 0)
        warn_of_guesses(check, parameter, why, "policyd has no login_key_file, and does not answer", policyd,
                        "login_key_file = \"/etc/emailgency/login.key\"");
    else if (slice_equal(setting(check, "auth_policy_reject_on_fail"), SLICE("yes")))
        warn_of_guesses(check, "dovecot.auth_policy_reject_on_fail",
                        "nobody logs in while policyd is down or restarts", "is \"yes\"",
                        setting(check, "file"), "auth_policy_reject_on_fail = no");
    else
        finding_add(check->findings, FINDING_OK, parameter, NULL, NULL, "is policyd's");
}

// Returns whether a userdb may come before the mail store's: accounts of the host, whose names have no
// domain, and the keeper's quotas.
static bool may_precede(struct slice driver, struct slice args)
{
    return slice_equal(driver, SLICE("passwd")) ||
           (slice_equal(driver, SLICE("passwd-file")) && memmem(args.ptr, args.len, "format=@%Lu ", 12));
}

// The arguments of the mail store's userdb.
static struct slice find_userdb(const struct node_check *check)
{
    for (size_t n = 0; n < DATABASES_MAX; n++) {
        const struct slice driver = fact_text(check->facts, "dovecot.userdb.%zu.driver", n),
                           args = fact_text(check->facts, "dovecot.userdb.%zu.args", n);
        if (slice_equal(driver, SLICE("static")))
            return args.len && memmem(args.ptr, args.len, "%Ld/%Ln", 7) ? args : SLICE("");
        if (!may_precede(driver, args))
            return SLICE("");
    }
    return SLICE("");
}

static void check_userdb(const struct node_check *check)
{
    const struct slice driver = setting(check, "userdb.0.driver"), args = find_userdb(check);
    const struct slice location = setting(check, "mail_location");
    int64_t first_uid = 500;
    unsigned long long uid;
    struct slice number, groups;
    if (args.len == 0)
        write_conf(
            check,
            finding_add(check->findings, FINDING_ERROR, "dovecot.userdb", NULL,
                        "the mail store's users are not found: mail waits, and users see another mailbox",
                        "the first is \"%.*s\", and the mail store's does not follow", (int)driver.len,
                        driver.ptr),
            INCLUDE_STORE);
    else
        finding_add(check->findings, FINDING_OK, "dovecot.userdb", NULL, NULL, "is the mail store's");
    if (args.len > 0 && !memmem(args.ptr, args.len, " mail=maildir:", 14) &&
        !slice_has_prefix(location, SLICE("maildir:")))
        write_conf(check,
                   add_error(check, "dovecot.mail_location", "mail is not stored below each user's folder",
                             location),
                   INCLUDE_STORE);
    (void)slice_split(fact_text(check->facts, "account.emailgency-store"), ':', &number, &groups);
    (void)fact_number(check->facts, &first_uid, "dovecot.first_valid_uid");
    if (slice_number(number, UINT32_MAX, &uid) && (int64_t)uid < first_uid)
        write_conf(check,
                   finding_add(check->findings, FINDING_ERROR, "dovecot.first_valid_uid", NULL,
                               "Dovecot does not act for the mail store's account",
                               "is above %llu, the uid of emailgency-store", uid),
                   "first_valid_uid = 1");
}

// A node that stores nothing and authenticates nobody by Dovecot needs none.
static bool is_needed(const struct node_check *check)
{
    char path[512];
    struct postconf_service service;
    for (size_t n = 0; postconf_service(check->facts, n, &service); n++)
        if (dovecot_sasl_path(check->facts, n, path, sizeof path))
            return true;
    return !check->summary->known || check->summary->stored.count > 0;
}

void dovecot_check(const struct node_check *check)
{
    const struct slice problem = setting(check, "problem");
    if (problem.len > 0 && memmem(problem.ptr, problem.len, "denied", 6)) {
        finding_unknown(check->findings, "dovecot", problem);
        return;
    }
    if (problem.len > 0 && !is_needed(check)) {
        finding_add(check->findings, FINDING_OK, "dovecot", NULL, NULL,
                    "is not needed: no domain stores mail here");
        return;
    }
    if (problem.len > 0) {
        finding_run(finding_add(check->findings, FINDING_ERROR, "dovecot", NULL,
                                "log-ins, submission and the mail store do not work", "%.*s",
                                (int)problem.len, problem.ptr),
                    slice_has_prefix(problem, SLICE("there is no"))
                        ? "apt install dovecot-imapd dovecot-lmtpd dovecot-pgsql"
                        : "doveconf -n");
        return;
    }
    check_version(check);
    check_protocols(check);
    check_driver(check);
    check_passdb(check);
    check_guesses(check);
    check_userdb(check);
    dovecot_sockets(check);
}
