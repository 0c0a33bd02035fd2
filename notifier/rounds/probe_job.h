// SPDX-License-Identifier: BSD-2-Clause
// The probe of one domain: all addresses of its next hop at once; the best outcome counts.
#ifndef NOTIFIER_ROUNDS_PROBE_JOB_H
#define NOTIFIER_ROUNDS_PROBE_JOB_H

#include "base/address.h"
#include "notifier/probe/next_hop.h"
#include "notifier/probe/probe_session.h"

#define PROBE_TRANSPORT_MAX 300

// Shared by all jobs of a node; borrowed for as long as jobs run.
struct probe_means {
    struct event_base *base;
    struct resolver *resolver;
    const char *helo;
    const char *own_hosts;
    struct directory *directory;
    const char *allowed; // setting transport_networks, as of the start of the round
    const struct socket_address *source;
    SSL_CTX *tls;
};

struct probe_target {
    char domain[ADDRESS_DOMAIN_MAX + 1];
    char transport[PROBE_TRANSPORT_MAX]; // "": by MX
    char recipient[ADDRESS_MAX + 1];
};

// TLS at one address.
struct probe_tls {
    char address[NEXT_HOP_TEXT_MAX];
    char host[ADDRESS_DOMAIN_MAX + 1];
    struct probe_certificate certificate; // without a fingerprint STARTTLS was offered and failed
};

struct probe_verdict {
    bool known;   // false: nobody could be asked, for a local reason (no DNS, no socket)
    bool up;      // an address takes mail, or is busy
    bool refuses; // an address answered SMTP, and refused us
    // The first address in the order of texts, so that domains with the same servers have the same; "": none.
    char server[NEXT_HOP_TEXT_MAX];
    struct probe_tls tls[NEXT_HOPS_MAX]; // of the addresses that offer it
    unsigned tls_count;
    // "mx.example [192.0.2.1]: no connection at the connection: Connection refused"; without a name the
    // address alone.
    char text[DIALOGUE_TEXT_MAX + 400];
};

struct probe_job;

// `on_done` is called once, from the loop, and never after probe_job_cancel; the job is freed before. NULL if
// out of memory; then there is no callback. `target` is copied.
struct probe_job *probe_job_start(const struct probe_means *means, const struct probe_target *target,
                                  void (*on_done)(const struct probe_verdict *verdict, void *arg), void *arg);

void probe_job_cancel(struct probe_job *job);

#endif
