// SPDX-License-Identifier: BSD-2-Clause
// Cost of an SPF check once all answers are known: spf_check [ROUNDS]. The domain is one whose record
// redirects to one that includes three, as large providers publish; the client is in the last of them, and
// five TXT records are read.
#include "base/clock.h"
#include "spf/spf.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name, *text;
} records[] = {
    {"provider.example", "v=spf1 redirect=_spf.provider.example"},
    {"_spf.provider.example",
     "v=spf1 include:_netblocks.provider.example include:_netblocks2.provider.example "
     "include:_netblocks3.provider.example ~all"},
    {"_netblocks.provider.example",
     "v=spf1 ip4:35.190.247.0/24 ip4:64.233.160.0/19 ip4:66.102.0.0/20 ip4:66.249.80.0/20 ip4:72.14.192.0/18 "
     "ip4:74.125.0.0/16 ip4:108.177.8.0/21 ip4:173.194.0.0/16 ip4:209.85.128.0/17 ip4:216.58.192.0/19 "
     "ip4:216.239.32.0/19 ~all"},
    {"_netblocks2.provider.example",
     "v=spf1 ip6:2001:4860:4000::/36 ip6:2404:6800:4000::/36 ip6:2607:f8b0:4000::/36 ip6:2800:3f0:4000::/36 "
     "ip6:2a00:1450:4000::/36 ip6:2c0f:fb50:4000::/36 ~all"},
    {"_netblocks3.provider.example", "v=spf1 ip4:172.217.0.0/19 ip4:172.217.32.0/20 ip4:172.217.128.0/19 "
                                     "ip4:172.217.160.0/20 ip4:172.217.192.0/19 "
                                     "ip4:172.253.56.0/21 ip4:172.253.112.0/20 ip4:108.177.96.0/19 "
                                     "ip4:35.191.0.0/16 ip4:130.211.0.0/22 ~all"},
};

#define CHECKS 100 // are timed together
#define RECORDS (sizeof records / sizeof records[0])

static struct dns_answer answers[RECORDS];

static const struct dns_answer *find(void *arg, const struct spf_question *question)
{
    static const struct dns_answer none = {.rc = DNS_NONE};
    (void)arg;
    for (size_t i = 0; i < RECORDS; i++)
        if (strcmp(question->name, records[i].name) == 0)
            return &answers[i];
    return &none;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 200;
    int64_t *times = calloc((size_t)rounds + 1, sizeof *times);
    struct spf_request request = {
        .identity = SPF_MAIL_FROM, .sender = "user@provider.example", .helo = "mail.provider.example"};
    struct spf_answers known = {.find = find};
    static struct spf_verdict verdict;
    static struct spf_needs needs;
    if (rounds < 1 || !times || !ip_parse(SLICE("130.211.1.2"), &request.client)) {
        free(times);
        return 2;
    }
    for (size_t i = 0; i < RECORDS; i++)
        answers[i] = (struct dns_answer){.rc = DNS_FOUND, .count = 1, .data = {slice_from(records[i].text)}};
    for (int i = 0; i < rounds; i++) {
        int64_t start = clock_mono_us();
        for (int j = 0; j < CHECKS; j++)
            if (spf_check(&request, &known, &verdict, &needs) != SPF_DONE || verdict.result != SPF_PASS)
                abort();
        times[i] = clock_mono_us() - start;
    }
    qsort(times, (size_t)rounds, sizeof *times, by_value);
    int middle = rounds / 2, late = rounds - 1 - rounds / 100;
    printf("5 TXT records, %u terms: median %.1f us, 99th %.1f us a check\n", verdict.terms,
           (double)times[middle] / CHECKS, (double)times[late] / CHECKS);
    free(times);
    return 0;
}
