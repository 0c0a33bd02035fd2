// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/upstream.h"

#include "base/cidr.h"
#include "dns/dns_answer.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

// A question that hangs holds a socket, and more than that wait for a free one within libunbound; the rest of
// the program needs files too.
#define SOCKETS_MAX 1000
#define SHARE_OF_FILES 4
// Number of times that a question is sent within its deadline, unless these bounds apply.
#define SENDINGS 5
#define RESEND_MIN_MS 50
#define RESEND_MAX_MS 1000
#define SERVER_TEXT_MAX 128
#define SEPARATORS " \t,"

// unbound.conf(5). The resolver has the cache (forward-no-cache), so that a refresh asks the server. The
// names that libunbound answers by itself go to the server too: a zone may serve them. libunbound doubles the
// time it waits for a server with each question that is lost, and takes a server for dead when that reaches
// infra-cache-max-rtt. But here a lost question does not mean a dead server: the zone's own servers may be
// dead, and mail from that zone must not make the server unusable for all others. So that maximum stays at
// its two minutes, and infra-host-ttl forgets what was doubled long before. Nor may the prompt answers of
// others shorten the wait so much that all tries are over while the server still looks: hence
// infra-cache-min-rtt, and as many tries as the deadline takes.
static const char config_text[] = "server:\n"
                                  "  module-config: \"iterator\"\n"
                                  "  do-not-query-localhost: no\n"
                                  "  unblock-lan-zones: yes\n"
                                  "  local-zone: \"test.\" nodefault\n"
                                  "  local-zone: \"127.in-addr.arpa.\" nodefault\n"
                                  "  infra-host-ttl: 5\n"
                                  "  infra-cache-min-rtt: %u\n"
                                  "  outbound-msg-retry: %u\n"
                                  "  outgoing-range: %u\n"
                                  "  num-queries-per-thread: %u\n"
                                  "forward-zone:\n"
                                  "  name: \".\"\n"
                                  "  forward-no-cache: yes\n";

static unsigned sockets_for(const struct resolver_spec *spec)
{
    struct rlimit files;
    unsigned most = SOCKETS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur / SHARE_OF_FILES < most)
        most = (unsigned)(files.rlim_cur / SHARE_OF_FILES);
    return spec->in_flight_max < most ? spec->in_flight_max : most;
}

static unsigned resend_after_ms(int64_t timeout_ms)
{
    const int64_t ms = timeout_ms / SENDINGS;
    return (unsigned)(ms < RESEND_MIN_MS ? RESEND_MIN_MS : ms > RESEND_MAX_MS ? RESEND_MAX_MS : ms);
}

// libunbound takes what has no function of its own from a file only; this one has no name in any folder.
static int load_config(struct ub_ctx *context, const struct resolver_spec *spec)
{
    char path[64];
    int rc = UB_READFILE;
    const unsigned resend_ms = resend_after_ms(spec->timeout_ms);
    // Each sends twice. One more than the deadline takes, for an answer that comes late is kept.
    const unsigned tries = (unsigned)(spec->timeout_ms / resend_ms / 2) + 2;
    int fd = memfd_create("unbound.conf", MFD_CLOEXEC);
    if (fd < 0)
        return rc;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (dprintf(fd, config_text, resend_ms, tries, sockets_for(spec), spec->in_flight_max) > 0)
        rc = ub_ctx_config(context, path);
    close(fd);
    return rc;
}

// An IPv4-mapped address is written as the IPv4 address: libunbound would send to it from an IPv6 socket that
// takes IPv6 alone.
static bool read_server(struct slice text, char out[SERVER_TEXT_MAX])
{
    char address[CIDR_TEXT_MAX];
    struct slice host, port;
    struct ip ip;
    const bool has_port = slice_split(text, '@', &host, &port);
    if (!ip_parse(host, &ip) || ip.bits != 32)
        return slice_copy(text, out, SERVER_TEXT_MAX);
    ip_format(&ip, address);
    return (size_t)snprintf(out, SERVER_TEXT_MAX, "%s%s%.*s", address, has_port ? "@" : "", (int)port.len,
                            port.ptr) < SERVER_TEXT_MAX;
}

static bool add_servers(struct ub_ctx *context, const char *servers, struct problem *problem)
{
    while (*servers) {
        char server[SERVER_TEXT_MAX];
        size_t len = strcspn(servers, SEPARATORS);
        if (len > 0) {
            bool fits = read_server(slice_make(servers, len), server);
            if (!fits || ub_ctx_set_fwd(context, server) != 0) {
                problem_set(problem, "DNS server \"%.*s\" is no address; write 192.0.2.53 or 127.0.0.1@5353",
                            (int)(fits ? len : SERVER_TEXT_MAX), servers);
                return false;
            }
        }
        servers += len + strspn(servers + len, SEPARATORS);
    }
    return true;
}

static void ignore(void *arg, int rcode, void *packet, int len, int secure, char *why, int limited)
{
    (void)arg, (void)rcode, (void)packet, (void)len, (void)secure, (void)why, (void)limited;
}

static bool configure(struct ub_ctx *context, const struct resolver_spec *spec, struct problem *problem)
{
    const char *servers = spec->servers ? spec->servers : "";
    bool named = servers[strspn(servers, SEPARATORS)] != '\0';
    (void)ub_ctx_debugout(context, NULL); // it would write to stderr past the log
    int rc = load_config(context, spec);
    if (rc == 0 && named && !add_servers(context, servers, problem))
        return false;
    if (rc == 0 && !named)
        rc = ub_ctx_resolvconf(context, NULL);
    // The first look-up makes the configuration final. This one libunbound answers by itself, so that what is
    // wrong shows now and not with the first mail.
    if (rc == 0)
        rc = ub_resolve_event(context, "localhost", DNS_TYPE_A, 1, NULL, ignore, NULL);
    if (rc != 0)
        problem_set(problem, "cannot set up DNS look-ups: %s", ub_strerror(rc));
    return rc == 0;
}

struct ub_ctx *upstream_create(struct event_base *base, const struct resolver_spec *spec,
                               struct problem *problem)
{
    struct ub_ctx *context = ub_ctx_create_event(base);
    if (!context) {
        problem_set(problem, "cannot set up DNS look-ups: out of memory, or libunbound without libevent");
        return NULL;
    }
    if (!configure(context, spec, problem)) {
        ub_ctx_delete(context);
        return NULL;
    }
    return context;
}
