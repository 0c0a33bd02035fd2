// SPDX-License-Identifier: BSD-2-Clause
// Drives a policy server as smtpd(8) does: one process per connection, each with one request in flight.
//   policy_load SOCKET CONNECTIONS REQUESTS FIRST KEYS
// Request i has the key FIRST + i % KEYS: a sender, a client network and a recipient of their own. Prints one
// line: requests per second, the 50th and 99th percentile of the answer time in microseconds, and how many
// answers were DUNNO.
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1000 };

// Shared by the processes; each writes its own share.
static struct {
    const char *path;
    uint64_t connections, requests, first, keys;
    uint32_t *took_ns; // by request
    uint64_t *dunno;   // by connection
} load;

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "policy_load: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

// Senders hold letters only, since policyd folds digits: hexadecimal with 0-9a-f written as g-v.
static void write_letters(uint64_t key, char out[9])
{
    for (int i = 7; i >= 0; i--, key >>= 4)
        out[i] = (char)('g' + (key & 15));
    out[8] = '\0';
}

static size_t write_request(uint64_t number, char *out, size_t size)
{
    const uint64_t key = load.first + number % load.keys;
    char letters[9];
    write_letters(key, letters);
    const int len = snprintf(
        out, size,
        "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=10.%u.%u.25\n"
        "client_name=unknown\nclient_port=41234\nreverse_client_name=unknown\nserver_address=127.0.0.1\n"
        "server_port=25\nhelo_name=mail.%s.example\nsender=%s@sender.example\nrecipient=user@bench.example\n"
        "recipient_count=0\nqueue_id=\ninstance=%" PRIx64 ".66f0a1b2.%" PRIx64
        ".0\nsize=12345\netrn_domain=\nstress=\n"
        "sasl_method=\nsasl_username=\nsasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\n"
        "ccert_pubkey_fingerprint=\nencryption_protocol=TLSv1.3\nencryption_cipher=TLS_AES_256_GCM_SHA384\n"
        "encryption_keysize=256\npolicy_context=\ncompatibility_level=3.6\nmail_version=3.7.11\n\n",
        (unsigned)(key >> 8 & 255), (unsigned)(key & 255), letters, letters, number, key);
    return len > 0 && (size_t)len < size ? (size_t)len : 0;
}

static int connect_one(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", load.path);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, (socklen_t)sizeof address) != 0)
        die(load.path);
    return fd;
}

static bool ask(int fd, uint64_t number)
{
    char request[2048], reply[1024];
    const size_t len = write_request(number, request, sizeof request);
    const int64_t sent_at = now_ns();
    if (write(fd, request, len) != (ssize_t)len)
        die("write");
    const ssize_t got = read(fd, reply, sizeof reply);
    if (got <= 2 || memcmp(reply + got - 2, "\n\n", 2) != 0)
        die("no whole answer in one read");
    load.took_ns[number] = (uint32_t)(now_ns() - sent_at);
    return memcmp(reply, "action=DUNNO\n", 13) == 0;
}

// One smtpd: its own process, which waits for each answer. It starts when the pipe closes.
static void run_one(uint64_t connection, int start)
{
    char byte;
    const int fd = connect_one();
    (void)!read(start, &byte, 1);
    for (uint64_t number = connection; number < load.requests; number += load.connections)
        load.dunno[connection] += ask(fd, number);
    _exit(EXIT_SUCCESS);
}

static double run(void)
{
    int start[2], status;
    bool failed = pipe(start) != 0;
    for (uint64_t i = 0; i < load.connections; i++) {
        if (fork() == 0) {
            close(start[1]);
            run_one(i, start[0]);
        }
    }
    usleep(300000); // everybody connects
    const int64_t begin = now_ns();
    close(start[1]);
    while (wait(&status) > 0)
        failed = failed || status != 0;
    if (failed)
        exit(EXIT_FAILURE);
    return (double)(now_ns() - begin) / 1e9;
}

static void *share(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        die("memory");
    return memory;
}

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile_us(double share_below)
{
    return load.took_ns[(uint64_t)((double)(load.requests - 1) * share_below)] / 1000.0;
}

int main(int argc, char **argv)
{
    uint64_t dunno = 0;
    if (argc != 6) {
        fprintf(stderr, "usage: policy_load SOCKET CONNECTIONS REQUESTS FIRST KEYS\n");
        return EXIT_FAILURE;
    }
    load.path = argv[1];
    load.connections = strtoull(argv[2], NULL, 10);
    load.requests = strtoull(argv[3], NULL, 10);
    load.first = strtoull(argv[4], NULL, 10);
    load.keys = strtoull(argv[5], NULL, 10);
    if (load.connections < 1 || load.connections > CONNECTIONS_MAX || load.keys < 1 || load.requests < 1)
        die("arguments");
    load.took_ns = share(load.requests * sizeof *load.took_ns);
    load.dunno = share(load.connections * sizeof *load.dunno);
    const double seconds = run();
    for (uint64_t i = 0; i < load.connections; i++)
        dunno += load.dunno[i];
    qsort(load.took_ns, load.requests, sizeof *load.took_ns, compare);
    printf("rate=%.0f p50_us=%.1f p99_us=%.1f dunno=%" PRIu64 " requests=%" PRIu64 "\n",
           (double)load.requests / seconds, percentile_us(0.50), percentile_us(0.99), dunno, load.requests);
    return EXIT_SUCCESS;
}
