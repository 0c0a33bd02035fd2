// SPDX-License-Identifier: BSD-2-Clause
// The web console: its options and sockets, and the nginx before it.
#include "ctl/check/fact.h"
#include "ctl/check_facts.h"
#include "ctl/child.h"

#include <stdlib.h>

#define WEEK_S "604800"

// The path of socket `name`, of an option with the value unix:PATH.
static void add_socket(struct check_facts *facts, const char *option, const char *name)
{
    char path[512];
    const struct postconf known = check_facts_read(facts);
    const struct slice listen = fact_text(&known, "conf.%s", option);
    if (slice_has_prefix(listen, SLICE("unix:/")) &&
        slice_copy(slice_skip(listen, strlen("unix:")), path, sizeof path))
        check_facts_path(facts, name, path);
}

// Host of https://HOST or https://HOST:PORT; localhost: the option is not set.
static bool find_host(struct check_facts *facts, char host[256])
{
    const struct postconf known = check_facts_read(facts);
    struct slice url = fact_text(&known, "conf.console.public_url"), name, port;
    if (!slice_has_prefix(url, SLICE("https://")))
        return false;
    url = slice_skip(url, strlen("https://"));
    if (slice_has_prefix(url, SLICE("[")) || !slice_split_last(url, ':', &name, &port))
        name = url;
    return !slice_equal(name, SLICE("localhost")) && slice_copy(name, host, 256) && host[0];
}

static char *run(const char *const *argv, const char *problem_of, struct check_facts *facts)
{
    struct problem problem;
    char *text = child_run(&(struct child_spec){.argv = argv, .errors = CHILD_ERRORS_READ}, &problem);
    if (!text)
        check_facts_add(facts, problem_of, "%s", problem.text);
    return text;
}

// openssl says in words what a certificate is valid for.
static void add_certificate(struct check_facts *facts, const char *file, const char *host)
{
    const char *const names[] = {"openssl", "x509", "-in", file, "-noout", "-checkhost", host, NULL};
    const char *const lasts[] = {"openssl", "x509", "-in", file, "-noout", "-checkend", WEEK_S, NULL};
    struct problem problem;
    check_facts_add(facts, "nginx.certificate", "%s", file);
    char *text = run(names, "nginx.certificate.problem", facts);
    if (!text)
        return;
    check_facts_add(facts, "nginx.certificate.names", "%s", strstr(text, "does NOT match") ? "no" : "yes");
    free(text);
    // It fails for a certificate that ends.
    text = child_run(&(struct child_spec){.argv = lasts, .errors = CHILD_ERRORS_READ}, &problem);
    check_facts_add(facts, "nginx.certificate.lasts", "%s", text ? "yes" : "no");
    free(text);
}

struct nginx_look {
    const char *host;
    char user[64], names[1024], file[512], certificate[512]; // certificate: of the server with that name
    bool found;
};

static bool has_name(struct slice names, const char *host)
{
    struct slice name;
    while (postconf_next(&names, &name))
        if (slice_equal_nocase(name, slice_from(host)))
            return true;
    return false;
}

// A server may be of names without a certificate, as one that redirects is.
static void end_server(struct nginx_look *look)
{
    if (look->host && look->file[0] && has_name(slice_from(look->names), look->host)) {
        look->found = true;
        memcpy(look->certificate, look->file, sizeof look->certificate);
    }
    look->names[0] = look->file[0] = '\0';
}

// One directive per line, as nginx -T prints the files.
static void read_line(struct nginx_look *look, struct slice line)
{
    struct slice word, value, rest;
    (void)slice_split(slice_trim(line), ' ', &word, &value);
    (void)slice_split(slice_trim(value), ';', &value, &rest);
    if (slice_equal(word, SLICE("server")))
        end_server(look);
    else if (slice_equal(word, SLICE("user")))
        (void)slice_copy(value, look->user, sizeof look->user);
    else if (slice_equal(word, SLICE("server_name")))
        (void)slice_copy(value, look->names, sizeof look->names);
    else if (slice_equal(word, SLICE("ssl_certificate")))
        (void)slice_copy(value, look->file, sizeof look->file);
}

// `host` NULL: none is known.
static void add_nginx(struct check_facts *facts, const char *host)
{
    static const char *const argv[] = {"nginx", "-T", NULL};
    struct nginx_look look = {.host = host, .user = "nobody"};
    char *text = run(argv, "nginx.problem", facts);
    if (!text)
        return;
    for (struct slice line, rest = slice_from(text); rest.len > 0;) {
        (void)slice_split(rest, '\n', &line, &rest);
        read_line(&look, line);
    }
    end_server(&look);
    free(text);
    look.user[strcspn(look.user, " ")] = '\0';
    check_facts_add(facts, "nginx.user", "%s", look.user);
    check_facts_account(facts, slice_from(look.user));
    if (!host)
        return;
    check_facts_add(facts, "nginx.host", "%s", host);
    check_facts_add(facts, "nginx.site", "%s", look.found ? "yes" : "no");
    if (look.found)
        add_certificate(facts, look.certificate, host);
}

void check_facts_console(struct check_facts *facts)
{
    char program[4096], host[256];
    if (!check_facts_program("console", program, sizeof program))
        return;
    check_facts_daemon(facts, "console");
    check_facts_daemon(facts, "console-auth");
    add_socket(facts, "console.listen", "socket.console");
    add_socket(facts, "console-auth.listen", "socket.console-auth");
    add_socket(facts, "console-auth.mailbox_auth", "socket.mailbox_auth");
    // Daemons of another folder have another nginx.
    if (!facts->conf)
        add_nginx(facts, find_host(facts, host) ? host : NULL);
}
