// SPDX-License-Identifier: BSD-2-Clause
// Drives a policy server as smtpd(8) does: one request in flight a connection.
//   policy_load SOCKET CONNECTIONS REQUESTS FIRST KEYS
// Request i has the key FIRST + i % KEYS: a sender, a client network and a recipient of their own. Prints one
// line: requests a second, the 50th and 99th percentile of the answer time in microseconds, and how many
// answers were DUNNO.
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1000, TIMEOUT_MS = 10000 };

struct connection {
    int fd;
    int64_t sent_at;
};

static struct {
    const char *path;
    unsigned connections;
    uint64_t requests, first, keys;
    uint64_t sent, answered, dunno;
    uint32_t *took_ns;
    struct connection pool[CONNECTIONS_MAX];
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

static void send_next(struct connection *connection)
{
    char request[2048];
    if (load.sent == load.requests)
        return;
    const size_t len = write_request(load.sent++, request, sizeof request);
    connection->sent_at = now_ns();
    if (write(connection->fd, request, len) != (ssize_t)len)
        die("write");
}

static void take_answer(struct connection *connection)
{
    char reply[1024];
    const ssize_t got = read(connection->fd, reply, sizeof reply);
    if (got <= 2 || memcmp(reply + got - 2, "\n\n", 2) != 0)
        die("no whole answer in one read");
    load.took_ns[load.answered++] = (uint32_t)(now_ns() - connection->sent_at);
    load.dunno += memcmp(reply, "action=DUNNO\n", 13) == 0;
    send_next(connection);
}

static void connect_all(int epoll)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", load.path);
    for (unsigned i = 0; i < load.connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = &load.pool[i]}};
        load.pool[i].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(load.pool[i].fd, (const struct sockaddr *)&address, (socklen_t)sizeof address) != 0)
            die(load.path);
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, load.pool[i].fd, &event) != 0)
            die("epoll");
    }
}

static void run(int epoll)
{
    struct epoll_event events[64];
    for (unsigned i = 0; i < load.connections; i++)
        send_next(&load.pool[i]);
    while (load.answered < load.requests) {
        const int count = epoll_wait(epoll, events, 64, TIMEOUT_MS);
        if (count <= 0)
            die("no answer");
        for (int i = 0; i < count; i++)
            take_answer(events[i].data.ptr);
    }
}

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile_us(double share)
{
    return load.took_ns[(uint64_t)((double)(load.answered - 1) * share)] / 1000.0;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: policy_load SOCKET CONNECTIONS REQUESTS FIRST KEYS\n");
        return EXIT_FAILURE;
    }
    load.path = argv[1];
    load.connections = (unsigned)strtoul(argv[2], NULL, 10);
    load.requests = strtoull(argv[3], NULL, 10);
    load.first = strtoull(argv[4], NULL, 10);
    load.keys = strtoull(argv[5], NULL, 10);
    load.took_ns = calloc(load.requests, sizeof *load.took_ns);
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!load.took_ns || epoll < 0 || load.connections < 1 || load.connections > CONNECTIONS_MAX ||
        load.keys < 1)
        die("arguments");
    connect_all(epoll);
    const int64_t begin = now_ns();
    run(epoll);
    const double seconds = (double)(now_ns() - begin) / 1e9;
    qsort(load.took_ns, load.answered, sizeof *load.took_ns, compare);
    printf("rate=%.0f p50_us=%.1f p99_us=%.1f dunno=%" PRIu64 " requests=%" PRIu64 "\n",
           (double)load.answered / seconds, percentile_us(0.50), percentile_us(0.99), load.dunno,
           load.answered);
    return EXIT_SUCCESS;
}
