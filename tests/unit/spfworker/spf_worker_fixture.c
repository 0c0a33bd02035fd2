// SPDX-License-Identifier: BSD-2-Clause
#include "spf_worker_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct dns_server server;

struct spf_client *make_client(unsigned workers, unsigned channels)
{
    struct problem problem = {0};
    const struct spf_client_spec spec = {.worker = EMG_SPF_WORKER,
                                         .dns_servers = server.address,
                                         .dns_timeout_ms = DNS_TIMEOUT_MS,
                                         .workers = workers,
                                         .channels = channels};
    struct spf_client *client = spf_client_create(&spec, &problem);
    if (!client)
        fail_msg("%s", problem.text);
    return client;
}

void mail_check(struct mail *mail)
{
    struct spf_request request = {.identity = SPF_MAIL_FROM,
                                  .helo = "helo.example",
                                  .receiver = "mx.example",
                                  .within_ms = mail->within_ms ? mail->within_ms : WITHIN_MS,
                                  .trace = true};
    snprintf(request.sender, sizeof request.sender, "%s", mail->sender);
    if (!ip_parse(slice_from(mail->ip), &request.client))
        abort();
    spf_client_check(mail->client, &request, &mail->verdict);
}

static void *run(void *arg)
{
    mail_check(arg);
    return NULL;
}

pthread_t mail_check_beside(struct mail *mail)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run, mail), 0);
    return thread;
}

void expect(struct spf_client *client, const char *ip, const char *sender, enum spf_result result,
            enum spf_problem problem)
{
    static struct mail mail;
    mail = (struct mail){.client = client, .ip = ip, .sender = sender};
    mail_check(&mail);
    if (mail.verdict.result != result || mail.verdict.problem != problem)
        fail_msg("%s from %s: %s (%s) %s\n%s", sender, ip, spf_result_word(mail.verdict.result),
                 spf_problem_words(mail.verdict.problem), mail.verdict.term, mail.verdict.trace);
}

static bool is_worker(pid_t pid)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    (void)!fgets(name, sizeof name, file);
    fclose(file);
    return strcmp(name, "emailgency-spf-\n") == 0; // as much as the kernel keeps
}

// The n-th worker that a thread has started; `n` is lessened by those before it.
static pid_t find_of_thread(const char *thread, unsigned *n)
{
    char path[320];
    int pid;
    pid_t found = 0;
    snprintf(path, sizeof path, "/proc/self/task/%s/children", thread);
    FILE *children = fopen(path, "r");
    while (children && !found && fscanf(children, "%d", &pid) == 1)
        if (is_worker(pid) && (*n)-- == 0)
            found = pid;
    if (children)
        fclose(children);
    return found;
}

pid_t find_worker(unsigned n)
{
    DIR *threads = opendir("/proc/self/task");
    pid_t found = 0;
    assert_non_null(threads);
    for (struct dirent *entry = readdir(threads); entry && !found; entry = readdir(threads))
        if (entry->d_name[0] != '.')
            found = find_of_thread(entry->d_name, &n);
    closedir(threads);
    assert_true(found > 0);
    return found;
}

void sleep_ms(long ms)
{
    const struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
}
