// SPDX-License-Identifier: BSD-2-Clause
// The process that sends the DNS queries of `emailgencyctl spf`: the milter's worker.
#ifndef CTL_WORKER_SPF_WORKER_H
#define CTL_WORKER_SPF_WORKER_H

#include "ctl/command/ctl.h"
#include "spfclient/spf_client.h"

// Options of the commands that use a worker.
#define SPF_WORKER_DNS                                                                                       \
    {                                                                                                        \
        "dns", 0, "HOST:PORT", "EMG_DNS", NULL, "the DNS server to ask, if not one of /etc/resolv.conf"      \
    }
#define SPF_WORKER_PROGRAM                                                                                   \
    {                                                                                                        \
        "worker", 0, "PATH", NULL, NULL, "emailgency-spf-worker, if not that of this build or installation"  \
    }

// Returns whether `dns` is NULL or a server as spf_worker_start takes it; if not, prints a message on stderr.
// A name is looked up.
bool spf_worker_dns_valid(const char *dns) __attribute__((warn_unused_result));

// Starts a worker that asks `dns` ("HOST:PORT", "HOST" or "[IPv6]:PORT"; NULL: the servers of
// /etc/resolv.conf). `program` is its path; NULL: that of the same build, else where it is installed. Returns
// NULL with the exit code in `*code` and a message on stderr if that fails.
struct spf_client *spf_worker_start(const char *dns, const char *program, int *code);

// Checks, with a trail; takes at most 20 s. Fills in the rest of the request: receiver, deadline, trail.
void spf_worker_check(struct spf_client *client, struct spf_request *request, struct spf_verdict *out);

#endif
