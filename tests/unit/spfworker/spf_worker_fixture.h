// SPDX-License-Identifier: BSD-2-Clause
// Checks by real workers that ask dns_server.py. What fails in here fails the test.
#ifndef UNIT_SPFWORKER_SPF_WORKER_FIXTURE_H
#define UNIT_SPFWORKER_SPF_WORKER_FIXTURE_H

#include "dns_server.h"
#include "spfclient/spf_client.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#define WITHIN_MS 10000
#define DNS_TIMEOUT_MS 3000

extern struct dns_server server; // started by main

struct spf_client *make_client(unsigned workers, unsigned channels);

struct mail {
    struct spf_client *client;
    const char *ip, *sender;
    int64_t within_ms;
    struct spf_verdict verdict;
};

// Checks MAIL FROM into mail->verdict.
void mail_check(struct mail *mail);
pthread_t mail_check_beside(struct mail *mail);

void expect(struct spf_client *client, const char *ip, const char *sender, enum spf_result result,
            enum spf_problem problem);

// The n-th worker that this process has started and that runs.
pid_t find_worker(unsigned n);

void sleep_ms(long ms);

#endif
