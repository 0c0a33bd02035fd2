// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/worker/spf_worker.h"

#include "base/log.h"

#include <netdb.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

enum { WITHIN_MS = 20000, SERVER_MAX = CIDR_TEXT_MAX + 8 };

// Splits "HOST:PORT"; a bare IPv6 address has no port.
static bool split_port(struct slice in, struct slice *host, struct slice *port)
{
    struct slice rest;
    *port = SLICE("53");
    if (in.len && in.ptr[0] == '[') {
        if (!slice_split(slice_skip(in, 1), ']', host, &rest) || (rest.len && rest.ptr[0] != ':'))
            return false;
        if (rest.len)
            *port = slice_skip(rest, 1);
        return true;
    }
    *host = in;
    if (!slice_split(in, ':', host, &rest))
        return true;
    if (memchr(rest.ptr, ':', rest.len))
        *host = in;
    else
        *port = rest;
    return true;
}

// Writes the "ip@port" of a name or an address.
static bool find_server(const char *text, char out[SERVER_MAX])
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
    char host[NI_MAXHOST], service[8];
    struct slice name, port;
    struct addrinfo *found;
    unsigned long long number;
    if (!split_port(slice_from(text), &name, &port) || !slice_number(port, 65535, &number) || number == 0 ||
        !slice_copy(name, host, sizeof host) || !slice_copy(port, service, sizeof service) ||
        getaddrinfo(host, service, &hints, &found) != 0)
        return false;
    struct ip ip; // normalises an IPv4-mapped address to IPv4
    bool done =
        getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST) == 0 &&
        ip_parse(slice_from(host), &ip);
    if (done) {
        char address[CIDR_TEXT_MAX];
        ip_format(&ip, address);
        snprintf(out, SERVER_MAX, "%s@%llu", address, number);
    }
    freeaddrinfo(found);
    return done;
}

// Writes the server to ask, unless `dns` is NULL.
static bool read_dns(const char *dns, char server[SERVER_MAX])
{
    if (!dns || find_server(dns, server))
        return true;
    fprintf(stderr, "emailgencyctl: --dns %s: is no address or known name of a server with a port\n",
            log_text(slice_from(dns)).text);
    return false;
}

bool spf_worker_dns_valid(const char *dns)
{
    char server[SERVER_MAX];
    return read_dns(dns, server);
}

struct spf_client *spf_worker_start(const char *dns, const char *program, int *code)
{
    struct problem problem = {0};
    char server[SERVER_MAX];
    if (!read_dns(dns, server)) {
        *code = EX_USAGE;
        return NULL;
    }
    if (program && access(program, X_OK) != 0) {
        fprintf(stderr, "emailgencyctl: %s: cannot be run: %m\n", log_text(slice_from(program)).text);
        *code = EX_UNAVAILABLE;
        return NULL;
    }
    const struct spf_client_spec spec = {.worker = program, .dns_servers = dns ? server : NULL};
    struct spf_client *client = spf_client_create(&spec, &problem);
    if (!client) {
        fprintf(stderr, "emailgencyctl: the SPF worker does not start: %s\n", problem.text);
        *code = EX_UNAVAILABLE;
    }
    return client;
}

void spf_worker_check(struct spf_client *client, struct spf_request *request, struct spf_verdict *out)
{
    if (gethostname(request->receiver, sizeof request->receiver) != 0)
        request->receiver[0] = '\0';
    request->receiver[sizeof request->receiver - 1] = '\0';
    request->within_ms = WITHIN_MS;
    request->trace = true;
    spf_client_check(client, request, out);
}
