// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/access_check.h"
#include "ctl/check/node_check.h"

#define EXAMPLE "https://console.example.com"
#define UNSET "https://localhost" // the option's value without a line in the file
#define SITE "/usr/share/emailgency/nginx/emailgency-console.conf"

static void check_setting(const struct node_check *check, struct slice url)
{
    static const char name[] = "setting.public_url";
    struct slice value;
    if (!check->rows || directory_setting(check->rows, "public_url", &value) != DIRECTORY_OK)
        return;
    if (slice_equal(value, url)) {
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is that of console.conf");
        return;
    }
    finding_sql(
        value.len == 0 ? finding_add(check->findings, FINDING_WARNING, name, NULL,
                                     "no mail with a link to set a password is sent", "is empty")
                       : finding_add(check->findings, FINDING_WARNING, name, NULL,
                                     "links in mails lead elsewhere than where the console takes its forms",
                                     "is \"%.*s\", in console.conf \"%.*s\"", (int)value.len, value.ptr,
                                     (int)url.len, url.ptr),
        "update emailgency.setting set value = '%.*s' where name = 'public_url'", (int)url.len, url.ptr);
}

static void check_url(const struct node_check *check)
{
    static const char name[] = "console.conf/public_url";
    const struct slice url = fact_text(check->facts, "conf.console.public_url");
    char file[256];
    if (url.len == 0 || !slice_copy(fact_text(check->facts, "conf.console.file"), file, sizeof file))
        return;
    if (slice_equal(url, SLICE(UNSET))) {
        finding_write(finding_add(check->findings, FINDING_WARNING, name, NULL,
                                  "browsers come from another address, so each form is refused",
                                  "is not set"),
                      file, "public_url = \"" EXAMPLE "\"");
        return;
    }
    finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is \"%.*s\"", (int)url.len, url.ptr);
    check_setting(check, url);
}

// The console asks where console-auth listens.
static void check_auth_address(const struct node_check *check)
{
    static const char name[] = "console.conf/auth_socket";
    const struct slice asked = fact_text(check->facts, "conf.console.auth_socket"),
                       listen = fact_text(check->facts, "conf.console-auth.listen");
    char file[256];
    if (asked.len == 0 || !slice_has_prefix(listen, SLICE("unix:")) ||
        slice_equal(asked, slice_skip(listen, strlen("unix:"))) ||
        !slice_copy(fact_text(check->facts, "conf.console.file"), file, sizeof file))
        return;
    finding_write(finding_add(check->findings, FINDING_WARNING, name, NULL, "nobody can log in",
                              "is %.*s, and emailgency-console-auth listens on %.*s", (int)asked.len,
                              asked.ptr, (int)listen.len, listen.ptr),
                  file, "auth_socket = \"%.*s\"", (int)listen.len - 5, listen.ptr + 5);
}

// A socket of one program, to which the account of another connects.
struct console_socket {
    const char *name; // the facts path.NAME
    struct slice account;
    const char *why, *make, *repair;
};

static void check_socket(const struct node_check *check, const struct console_socket *socket)
{
    char path[512];
    if (socket->account.len == 0 ||
        !slice_copy(fact_text(check->facts, "path.%s.at", socket->name), path, sizeof path) || !path[0])
        return;
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = socket->name,
                                        .parameter = path,
                                        .account = socket->account,
                                        .bits = 2,
                                        .severity = FINDING_WARNING,
                                        .why = socket->why,
                                        .make = socket->make,
                                        .repair = socket->repair,
                                        .folder = socket->repair};
    if (access_check(&access))
        finding_add(check->findings, FINDING_OK, path, NULL, NULL, "%.*s may connect",
                    (int)socket->account.len, socket->account.ptr);
}

static struct slice account_of(const struct node_check *check, const char *daemon, struct slice usual)
{
    const struct slice user = fact_text(check->facts, "conf.%s.user", daemon);
    return user.len > 0 ? user : usual;
}

static void check_sockets(const struct node_check *check)
{
    const struct console_socket sockets[] = {
        {"socket.console-auth", account_of(check, "console", SLICE("emailgency-console")),
         "nobody can log in", "systemctl enable --now emailgency-console-auth.socket",
         "systemctl restart emailgency-console-auth.socket"},
        {"socket.console", fact_text(check->facts, "nginx.user"), "nginx shows an error for each page",
         "systemctl enable --now emailgency-console.socket", "systemctl restart emailgency-console.socket"},
        {"socket.mailbox_auth", account_of(check, "console-auth", SLICE("emailgency-console-auth")),
         "users of mailboxes cannot log in to the console",
         "echo '!include /etc/dovecot/emailgency-console.conf' >>/etc/dovecot/dovecot.conf && systemctl "
         "restart "
         "dovecot",
         "systemctl restart dovecot"}};
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        check_socket(check, &sockets[i]);
}

static void check_certificate(const struct node_check *check, const char *host)
{
    static const char name[] = "nginx/ssl_certificate";
    const struct slice file = fact_text(check->facts, "nginx.certificate"),
                       problem = fact_text(check->facts, "nginx.certificate.problem");
    if (file.len == 0)
        return;
    if (problem.len > 0)
        finding_add(check->findings, FINDING_WARNING, name, NULL, "browsers refuse the console", "%.*s: %.*s",
                    (int)file.len, file.ptr, (int)problem.len, problem.ptr);
    else if (slice_equal(fact_text(check->facts, "nginx.certificate.names"), SLICE("no")))
        finding_run(finding_add(check->findings, FINDING_WARNING, name, NULL, "browsers refuse the console",
                                "%.*s is not valid for %s", (int)file.len, file.ptr, host),
                    "certbot certonly --webroot -w /var/www/html -d %s", host);
    else if (slice_equal(fact_text(check->facts, "nginx.certificate.lasts"), SLICE("no")))
        finding_run(finding_add(check->findings, FINDING_WARNING, name, NULL,
                                "browsers refuse the console from then on", "%.*s ends within a week",
                                (int)file.len, file.ptr),
                    "certbot renew && systemctl reload nginx");
    else
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is valid for %s", host);
}

static void check_nginx(const struct node_check *check)
{
    const struct slice problem = fact_text(check->facts, "nginx.problem"),
                       site = fact_text(check->facts, "nginx.site");
    char host[256];
    if (problem.len > 0)
        finding_run(finding_add(check->findings, FINDING_WARNING, "nginx", NULL, "nobody reaches the console",
                                "%.*s", (int)problem.len, problem.ptr),
                    "%s", slice_has_prefix(problem, SLICE("there is no")) ? "apt install nginx" : "nginx -t");
    if (problem.len > 0 || site.len == 0 ||
        !slice_copy(fact_text(check->facts, "nginx.host"), host, sizeof host))
        return;
    if (slice_equal(site, SLICE("no")))
        finding_run(finding_add(check->findings, FINDING_WARNING, "nginx", NULL, "nobody reaches the console",
                                "has no server with the name %s, which public_url has", host),
                    "sed 's/console.example/%s/' " SITE
                    " >/etc/nginx/sites-enabled/emailgency-console.conf && "
                    "nginx -t && systemctl reload nginx",
                    host);
    else
        check_certificate(check, host);
}

// The program comes with the others; a node that serves no console has no fault.
static bool is_wanted(const struct node_check *check)
{
    return !slice_equal(fact_text(check->facts, "conf.console.public_url"), SLICE(UNSET)) ||
           fact_text(check->facts, "path.socket.console.error").len == 0;
}

void console_check(const struct node_check *check)
{
    const struct slice problem = fact_text(check->facts, "conf.console.problem");
    if (fact_text(check->facts, "conf.console.file").len == 0)
        return; // it is on another host, or nowhere
    if (problem.len > 0) {
        finding_of_conf(check->findings, "console.conf", problem);
        return;
    }
    if (!is_wanted(check))
        return;
    check_url(check);
    check_auth_address(check);
    check_sockets(check);
    check_nginx(check);
}
