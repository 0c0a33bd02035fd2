// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/probe/probe_command.h"

#include "base/cidr.h"
#include "base/log.h"
#include "base/transport.h"
#include "ctl/probe/probe_report.h"
#include "ctl/probe/probe_settings.h"
#include "directory/directory.h"
#include "idn/idn.h"
#include "io/loop.h"
#include "resolver/resolver.h"

#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { DOWN = 1, DNS_MS = 5000, TEXT_MAX = 1100 };

enum { FOLDER, DIRECTORY, DNS, HELO, RECIPIENT, TRANSPORT, JSON };
static const struct ctl_option options[] = {
    [FOLDER] = {"conf", 0, "DIR", "EMG_CONF", "/etc/emailgency",
                "folder of the daemons' files: notifier.conf"},
    [DIRECTORY] = {"directory", 'd', "DIR", "EMG_LMDB", NULL, "the node's replica; else as in notifier.conf"},
    [DNS] = {"dns", 0, "HOST:PORT", "EMG_DNS", NULL, "the resolver; else as in notifier.conf"},
    [HELO] = {"helo", 0, "NAME", NULL, NULL, "the name in EHLO; else as in notifier.conf"},
    [RECIPIENT] = {"recipient", 0, "ADDRESS", NULL, NULL, "the recipient; else postmaster of the domain"},
    [TRANSPORT] = {"transport", 0, "HOST[:PORT]", NULL, NULL, "the next hop; else that of the domain's row"},
    [JSON] = {"json", 0, NULL, NULL, NULL, "one JSON document"},
    {.name = NULL},
};

struct probe_run {
    struct event_base *base;
    struct resolver *resolver;
    struct probe_settings settings;
    struct probe_report report;
    struct dialogue_spec dialogue;
    struct socket_address source;
    SSL_CTX *tls;
    struct directory *directory;
    struct loop_timer second;
    struct probe_session *session;
    struct next_hop hops[NEXT_HOPS_MAX];
    unsigned count, at, waited;
    bool known, up;
    char why[200];
    char domain[ADDRESS_DOMAIN_MAX + 1], transport[TEXT_MAX], allowed[TEXT_MAX], helo[256],
        recipient[ADDRESS_MAX + 1], dns[64];
};

static int fail(int code, const char *what, const char *why)
{
    fprintf(stderr, "emailgencyctl probe: %s: %s\n", log_text(slice_from(what)).text, why);
    return code;
}

// ---- the probe ----

static void start_next(struct probe_run *run);

static void on_found(const struct probe_found *found, void *arg)
{
    struct probe_run *run = arg;
    run->session = NULL;
    run->known = true;
    run->up = run->up || dialogue_is_up(found->outcome);
    probe_report_found(&run->report, found);
    start_next(run);
}

static void on_line(enum probe_direction direction, struct slice line, void *arg)
{
    struct probe_run *run = arg;
    run->waited = 0;
    probe_report_line(&run->report, direction, line);
}

static bool start_one(struct probe_run *run, const struct next_hop *hop)
{
    probe_report_address(&run->report, hop);
    run->waited = 0;
    run->session = probe_session_start(
        run->base, &(struct probe_session_spec){.address = &hop->address,
                                                .source = run->source.len ? &run->source : NULL,
                                                .dialogue = &run->dialogue,
                                                .server_name = hop->host,
                                                .tls = run->tls,
                                                .on_found = on_found,
                                                .on_line = on_line,
                                                .arg = run});
    if (!run->session)
        probe_report_line(&run->report, PROBE_EVENT, SLICE("no route to this address"));
    return run->session != NULL;
}

static void start_next(struct probe_run *run)
{
    while (run->at < run->count)
        if (start_one(run, &run->hops[run->at++]))
            return;
    event_base_loopbreak(run->base);
}

static void on_hops(const struct next_hop *hops, unsigned count, const char *why, void *arg)
{
    struct probe_run *run = arg;
    memcpy(run->hops, hops, count * sizeof *hops);
    run->count = count;
    snprintf(run->why, sizeof run->why, "%s", count ? "no route to any address" : why);
    start_next(run);
}

static void on_second(void *arg)
{
    struct probe_run *run = arg;
    loop_timer_set(&run->second, 1000);
    if (++run->waited > 1)
        probe_report_wait(&run->report, run->session ? probe_session_stage(run->session) : "DNS",
                          run->waited);
}

static bool run_loop(struct probe_run *run)
{
    loop_timer_init(&run->second, run->base, on_second, run);
    loop_timer_set(&run->second, 1000);
    const bool started = next_hop_find(run->base, &(struct next_hop_spec){.domain = run->domain,
                                                                          .transport = run->transport,
                                                                          .own_hosts = run->settings.mx_hosts,
                                                                          .directory = run->directory,
                                                                          .allowed = slice_from(run->allowed),
                                                                          .resolver = run->resolver,
                                                                          .on_found = on_hops,
                                                                          .arg = run}) != NULL;
    if (started)
        event_base_dispatch(run->base);
    loop_timer_finish(&run->second);
    return started;
}

// ---- what is asked ----

// Returns an exit code.
static int read_rows(struct probe_run *run, const char *folder, const char *domain)
{
    const struct directory_snapshot *rows;
    struct domain_row row;
    struct slice networks;
    int code = EX_OK;
    run->directory = directory_create(folder);
    if (directory_begin(run->directory, &rows) != DIRECTORY_OK)
        return fail(EX_UNAVAILABLE, folder, directory_problem(run->directory));
    if (directory_domain_of(rows, slice_from(run->domain), &row) != DIRECTORY_OK)
        code = fail(EX_DATAERR, domain, "is none of the domains of this service");
    else if (!slice_copy(row.name, run->domain, sizeof run->domain) ||
             (!*run->transport && !slice_copy(row.transport, run->transport, sizeof run->transport)))
        code = fail(EX_DATAERR, domain, "its row cannot be read");
    if (directory_setting(rows, "transport_networks", &networks) == DIRECTORY_OK)
        (void)slice_copy(networks, run->allowed, sizeof run->allowed);
    directory_end(run->directory);
    return code;
}

static int read_source(struct probe_run *run)
{
    struct problem problem;
    const char *address = run->settings.probe_bind_address;
    char text[CIDR_TEXT_MAX + 8];
    struct ip ip;
    if (!*address)
        return EX_OK;
    if (!ip_parse(slice_from(address), &ip))
        return fail(EX_CONFIG, address, "probe_bind_address is no IP address");
    snprintf(text, sizeof text, ip.bits == 32 ? "%s:0" : "[%s]:0", address);
    return socket_address_parse(text, &run->source, &problem) ? EX_OK
                                                              : fail(EX_CONFIG, address, problem.text);
}

static int read_words(struct probe_run *run, const char *const *values)
{
    struct transport hop;
    char host[256] = "localhost";
    gethostname(host, sizeof host - 1);
    const char *helo = values[HELO] ? values[HELO] : run->settings.helo_name;
    if (!*helo)
        helo = *run->settings.node ? run->settings.node : host;
    if (!slice_copy(slice_from(helo), run->helo, sizeof run->helo) || strpbrk(helo, " \r\n"))
        return fail(EX_USAGE, helo, "is no HELO name");
    if (values[TRANSPORT] &&
        (!transport_parse(slice_from(values[TRANSPORT]), &hop) ||
         !slice_copy(slice_from(values[TRANSPORT]), run->transport, sizeof run->transport)))
        return fail(EX_USAGE, values[TRANSPORT], "is no next hop such as mail.example.com:25");
    if (values[RECIPIENT] && address_fold(slice_from(values[RECIPIENT]), run->recipient) != ADDRESS_OK)
        return fail(EX_USAGE, values[RECIPIENT], "is no mail address");
    // HOST:PORT, as the other commands have it, is HOST@PORT for the resolver.
    snprintf(run->dns, sizeof run->dns, "%s", values[DNS] ? values[DNS] : run->settings.dns_servers);
    char *colon = values[DNS] ? strrchr(run->dns, ':') : NULL;
    if (colon && !strchr(run->dns, '@'))
        *colon = '@';
    return EX_OK;
}

static int prepare(struct probe_run *run, const char *domain, const char *const *values)
{
    struct problem problem;
    if (!idn_domain(slice_from(domain), run->domain) || !strchr(run->domain, '.'))
        return fail(EX_USAGE, domain, "is no domain such as example.com");
    if (!probe_settings_read(values[FOLDER], &run->settings, &problem))
        return fail(EX_CONFIG, values[FOLDER], problem.text);
    int code = read_words(run, values);
    if (code == EX_OK)
        code = read_rows(run, values[DIRECTORY] ? values[DIRECTORY] : run->settings.directory, domain);
    if (code == EX_OK)
        code = read_source(run);
    if (code != EX_OK)
        return code;
    if (!*run->recipient)
        snprintf(run->recipient, sizeof run->recipient, "postmaster@%.255s", run->domain);
    run->dialogue = (struct dialogue_spec){.helo = run->helo, .recipient = run->recipient};
    run->base = event_base_new();
    run->tls = probe_tls_create();
    const struct resolver_spec spec = {
        .servers = run->dns, .timeout_ms = DNS_MS, .max_ttl = 60, .cache_max = 100, .in_flight_max = 16};
    run->resolver = run->base ? resolver_create(run->base, &spec, &problem) : NULL;
    return run->resolver && run->tls ? EX_OK : fail(EX_UNAVAILABLE, run->dns, problem.text);
}

static int report(struct probe_run *run)
{
    if (!probe_report_end(&run->report, run->known, run->up, run->why))
        return EX_IOERR;
    if (!run->known)
        return EX_TEMPFAIL;
    return run->up ? EX_OK : DOWN;
}

static int run_command(char *const *operands, const char *const *values)
{
    static struct probe_run run;
    int code = prepare(&run, operands[0], values);
    signal(SIGPIPE, SIG_IGN);
    if (code == EX_OK) {
        probe_report_init(&run.report, run.domain, values[JSON], stdout);
        code = run_loop(&run) ? report(&run) : fail(EX_OSERR, operands[0], "out of memory");
    }
    if (run.resolver)
        resolver_destroy(run.resolver);
    SSL_CTX_free(run.tls);
    if (run.base)
        event_base_free(run.base);
    directory_destroy(run.directory);
    probe_settings_finish(&run.settings);
    return code;
}

const struct ctl_command probe_command = {
    .name = "probe",
    .operands = "DOMAIN",
    .summary = "ask a customer's server now whether it takes mail, and show the dialogue",
    .options = options,
    .run = run_command,
};
