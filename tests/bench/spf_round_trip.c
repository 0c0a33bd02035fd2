// SPDX-License-Identifier: BSD-2-Clause
// Checks a second, and how long one takes with warm DNS, the way to the worker and back included:
//   spf_round_trip WORKER DNS IP SENDER [CHECKS] [THREADS] [WORKERS] [DOMAINS]
// A "*" in SENDER is the number of the domain, from 0. Prints microseconds. What the first check of the last
// domain gives is printed, and the first ones are not measured.
#include "spfclient/spf_client.h"

#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 64

static struct spf_client *client;
static struct spf_request *requests; // one a domain
static unsigned long checks = 20000, domains = 1;
static enum spf_result expected;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void *run(void *arg)
{
    int64_t *taken = arg;
    struct spf_verdict verdict;
    for (unsigned long i = 0; i < checks; i++) {
        int64_t began = now_ns();
        spf_client_check(client, &requests[i % domains], &verdict);
        taken[i] = now_ns() - began;
        if (verdict.result != expected)
            errx(1, "%s: %s", spf_result_word(verdict.result), spf_problem_words(verdict.problem));
    }
    return NULL;
}

static void measure(unsigned long threads)
{
    unsigned long count = threads * checks, middle = count / 2, rare = count / 100 * 99;
    int64_t *taken = calloc(count, sizeof *taken), began = now_ns();
    pthread_t ids[THREADS_MAX];
    if (!taken)
        err(1, "calloc");
    for (unsigned long i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, run, taken + i * checks) != 0)
            errx(1, "no thread");
    for (unsigned long i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    int64_t total = now_ns() - began;
    qsort(taken, count, sizeof *taken, compare);
    printf("median %.1f  p99 %.1f  checks/s %.0f\n", (double)taken[middle] / 1000, (double)taken[rare] / 1000,
           (double)count * 1e9 / (double)total);
    free(taken);
}

static unsigned long number(int argc, char **argv, int i, unsigned long otherwise)
{
    return argc > i ? strtoul(argv[i], NULL, 10) : otherwise;
}

static bool fill(const char *ip, const char *sender)
{
    struct slice before, after;
    const bool many = slice_split(slice_from(sender), '*', &before, &after);
    struct spf_request request = {
        .identity = SPF_MAIL_FROM, .helo = "helo.example", .receiver = "mx.example", .within_ms = 20000};
    requests = calloc(domains, sizeof *requests);
    if (!requests || !ip_parse(slice_from(ip), &request.client))
        return false;
    for (unsigned long i = 0; i < domains; i++) {
        requests[i] = request;
        if (!many)
            (void)slice_copy(slice_from(sender), requests[i].sender, sizeof requests[i].sender);
        else
            (void)snprintf(requests[i].sender, sizeof requests[i].sender, "%.*s%lu%.*s", (int)before.len,
                           before.ptr, i, (int)after.len, after.ptr);
    }
    return true;
}

static void warm_up(void)
{
    struct spf_verdict first = {.result = SPF_NONE};
    for (unsigned long i = 0; i < domains; i++)
        spf_client_check(client, &requests[i], &first);
    expected = first.result;
    printf("%s by %s, %u queries, %u terms\n", spf_result_word(first.result), first.term, first.queries,
           first.terms);
}

int main(int argc, char **argv)
{
    struct problem problem;
    checks = number(argc, argv, 5, checks);
    domains = number(argc, argv, 8, domains);
    unsigned long threads = number(argc, argv, 6, 1), workers = number(argc, argv, 7, 1);
    if (argc < 5 || domains < 1 || !fill(argv[3], argv[4]))
        errx(2, "usage: spf_round_trip WORKER DNS IP SENDER [CHECKS] [THREADS] [WORKERS] [DOMAINS]");
    if (checks < 1 || threads < 1 || threads > THREADS_MAX || workers > THREADS_MAX)
        errx(2, "1 to %d threads and workers", THREADS_MAX);
    const struct spf_client_spec spec = {
        .worker = argv[1], .dns_servers = argv[2], .workers = (unsigned)workers};
    client = spf_client_create(&spec, &problem);
    if (!client)
        errx(1, "%s", problem.text);
    warm_up();
    measure(threads);
    spf_client_destroy(client);
    free(requests);
    return 0;
}
