// SPDX-License-Identifier: BSD-2-Clause
// Drives a milter as Postfix does, one connection per session: milter_load SOCKET SESSIONS CONNECTIONS
// The sessions are of the kinds below in turn, for the rows and the DNS of tests/bench/milter. Prints how
// many there were and how long they took; ends with 1 at the first answer that is not the expected one.
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <arpa/inet.h>
#include <err.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define DOMAINS 100 // of each kind, as many as tests/bench/spf_zone.py serves
#define CONNECTIONS_MAX 256
#define BODY_LEN 4000
#define PROTOCOL 0x1fffffU // all that Postfix offers
#define ACTIONS 0x1ffU
#define SILENT                                                                                               \
    (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_HDR | SMFIP_NR_BODY | SMFIP_NODATA |           \
     SMFIP_NOEOH)

// Ends of a session.
enum end {
    ACCEPTED,
    REFUSED_AT_RCPT,
    REFUSED_AT_END,
    CUT_AFTER_MAIL, // the connection is closed
    CUT_IN_RCPT,    // while the answer is pending
    CUT_IN_BODY,
    CUT_AT_END,
    ABORTED, // the message, not the connection
};

static const struct kind {
    const char *sender, *recipient, *parameter;
    enum end end;
} kinds[] = {
    {"a@simple%u.bench.example", "user@mark.example", "SIZE=4200", ACCEPTED},             // pass
    {"a@chain%u.bench.example", "user@reject.example", "SIZE=4200", ACCEPTED},            // pass
    {"a@fail%u.bench.example", "user@reject.example", "SIZE=4200", REFUSED_AT_RCPT},      // fail
    {"a@fail%u.bench.example", "user@mark.example", "SIZE=4200", ACCEPTED},               // fail, marked
    {"a@soft%u.bench.example", "user@reject.example", "SIZE=4200", ACCEPTED},             // softfail
    {"a@none%u.bench.example", "user@mark.example", "SIZE=4200", ACCEPTED},               // no record
    {"", "user@mark.example", "SIZE=4200", ACCEPTED},                                     // null sender
    {"a@simple%u.bench.example", "user@mark.example", "SIZE=900000000", REFUSED_AT_RCPT}, // too big
    {"a@simple%u.bench.example", "user@small.example", NULL, REFUSED_AT_END}, // too big, not declared
    {"a@chain%u.bench.example", "user@mark.example", "SIZE=4200", CUT_AFTER_MAIL},
    {"a@chain%u.bench.example", "user@mark.example", "SIZE=4200", CUT_IN_RCPT},
    {"a@chain%u.bench.example", "user@mark.example", "SIZE=4200", CUT_IN_BODY},
    {"a@chain%u.bench.example", "user@mark.example", "SIZE=4200", CUT_AT_END},
    {"a@chain%u.bench.example", "user@mark.example", "SIZE=4200", ABORTED},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

struct mta {
    const struct kind *kind;
    unsigned domain;
    int fd;
    size_t len;
    char out[16384];
};

static const char *path;
static unsigned long sessions;
static atomic_ulong next_session;

static void put(struct mta *mta, char command, const void *data, size_t len)
{
    const uint32_t size = htonl((uint32_t)len + 1);
    if (mta->len + 5 + len > sizeof mta->out)
        errx(1, "a session says too much at once");
    memcpy(mta->out + mta->len, &size, 4);
    mta->out[mta->len + 4] = command;
    memcpy(mta->out + mta->len + 5, data, len);
    mta->len += 5 + len;
}

// Texts up to NULL, each with its NUL.
static void put_texts(struct mta *mta, int command, ...)
{
    char data[1024];
    size_t len = 0;
    va_list texts;
    va_start(texts, command);
    for (const char *text = va_arg(texts, const char *); text; text = va_arg(texts, const char *))
        len += (size_t)snprintf(data + len, sizeof data - len, "%s", text) + 1;
    va_end(texts);
    put(mta, (char)command, data, len);
}

static void flush(struct mta *mta)
{
    if (send(mta->fd, mta->out, mta->len, MSG_NOSIGNAL) != (ssize_t)mta->len)
        err(1, "send");
    mta->len = 0;
}

// The code of the next answer.
static char get(struct mta *mta, char *data, size_t size)
{
    uint32_t len;
    char code;
    if (recv(mta->fd, &len, 4, MSG_WAITALL) != 4 || recv(mta->fd, &code, 1, MSG_WAITALL) != 1)
        errx(1, "the milter hung up");
    const size_t rest = ntohl(len) - 1;
    if (rest > size || (rest && recv(mta->fd, data, rest, MSG_WAITALL) != (ssize_t)rest))
        errx(1, "an answer that cannot be read");
    return code;
}

static void negotiate(struct mta *mta)
{
    uint32_t words[3] = {htonl(6), htonl(ACTIONS), htonl(PROTOCOL)};
    char data[4096];
    put(mta, SMFIC_OPTNEG, words, sizeof words);
    flush(mta);
    if (get(mta, data, sizeof data) != SMFIC_OPTNEG)
        errx(1, "no negotiation");
    memcpy(words, data, sizeof words);
    if ((ntohl(words[2]) & SILENT) != SILENT)
        errx(1, "the milter negotiates events or replies that it does not need");
}

static void open_connection(struct mta *mta)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    mta->len = 0;
    mta->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (mta->fd < 0 || connect(mta->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        err(1, "%s", path);
    negotiate(mta);
}

static void say_envelope(struct mta *mta)
{
    static const char client[] = "client.bench.example\0" // then family, port, address
                                 "4"
                                 "\x30\x39"
                                 "192.0.2.10";
    char helo[64], sender[64], path_of_sender[72], recipient[72];
    (void)snprintf(helo, sizeof helo, "simple%u.bench.example", mta->domain);
    (void)snprintf(sender, sizeof sender, mta->kind->sender, mta->domain);
    (void)snprintf(path_of_sender, sizeof path_of_sender, "<%s>", sender);
    (void)snprintf(recipient, sizeof recipient, "<%s>", mta->kind->recipient);
    put_texts(mta, SMFIC_MACRO, "Cj", "mx.bench.example", NULL);
    put(mta, SMFIC_CONNECT, client, sizeof client);
    put_texts(mta, SMFIC_HELO, helo, NULL);
    put_texts(mta, SMFIC_MAIL, path_of_sender, mta->kind->parameter, NULL);
    if (mta->kind->end != CUT_AFTER_MAIL) {
        put_texts(mta, SMFIC_MACRO, "Ri", "4bZqkT0xyzz1", NULL);
        put_texts(mta, SMFIC_RCPT, recipient, NULL);
    }
    flush(mta);
}

static void say_message(struct mta *mta)
{
    char body[BODY_LEN];
    memset(body, 'x', sizeof body);
    put_texts(mta, SMFIC_HEADER, "From", " a@bench.example", NULL);
    put_texts(mta, SMFIC_HEADER, "Authentication-Results", " mx.bench.example; spf=pass", NULL); // forged
    put_texts(mta, SMFIC_HEADER, "Subject", " load", NULL);
    put(mta, SMFIC_BODY, body, sizeof body);
}

static void expect(const struct mta *mta, const char *where, char code, char expected)
{
    if (code != expected)
        errx(1, "%s of %s to %s: answer '%c', not '%c'", where, mta->kind->sender, mta->kind->recipient, code,
             expected);
}

static void end_message(struct mta *mta)
{
    char data[4096], code;
    unsigned inserted = 0;
    put_texts(mta, SMFIC_MACRO, "Ei", "4bZqkT0xyzz1", NULL);
    put(mta, SMFIC_BODYEOB, "", 0);
    flush(mta);
    if (mta->kind->end == CUT_AT_END)
        return;
    while ((code = get(mta, data, sizeof data)) == SMFIR_INSHEADER || code == SMFIR_CHGHEADER)
        inserted += code == SMFIR_INSHEADER;
    expect(mta, "end", code, mta->kind->end == REFUSED_AT_END ? SMFIR_REPLYCODE : SMFIR_CONTINUE);
    if (mta->kind->end == ACCEPTED && inserted != 1)
        errx(1, "%u header fields for %s", inserted, mta->kind->recipient);
}

static void take_message(struct mta *mta)
{
    say_message(mta);
    if (mta->kind->end == CUT_IN_BODY)
        flush(mta);
    else if (mta->kind->end == ABORTED)
        put(mta, SMFIC_ABORT, "", 0);
    else
        end_message(mta);
}

static void run_session(struct mta *mta)
{
    const enum end end = mta->kind->end;
    char data[1024];
    open_connection(mta);
    say_envelope(mta);
    if (end != CUT_AFTER_MAIL && end != CUT_IN_RCPT) {
        expect(mta, "recipient", get(mta, data, sizeof data),
               end == REFUSED_AT_RCPT ? SMFIR_REPLYCODE : SMFIR_CONTINUE);
        if (end == REFUSED_AT_RCPT)
            put(mta, SMFIC_ABORT, "", 0);
        else
            take_message(mta);
    }
    if (end != CUT_AFTER_MAIL && end != CUT_IN_RCPT && end != CUT_IN_BODY && end != CUT_AT_END) {
        put(mta, SMFIC_QUIT, "", 0);
        flush(mta);
        (void)!recv(mta->fd, data, 1, 0); // the milter hangs up
    }
    close(mta->fd);
}

static void *run(void *arg)
{
    struct mta mta;
    unsigned long number;
    while ((number = atomic_fetch_add(&next_session, 1)) < sessions) {
        mta.kind = &kinds[number % KINDS];
        mta.domain = (unsigned)(number / KINDS % DOMAINS);
        run_session(&mta);
    }
    return arg;
}

int main(int argc, char **argv)
{
    pthread_t threads[CONNECTIONS_MAX];
    struct timespec from, to;
    const unsigned long connections = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (connections < 1 || connections > CONNECTIONS_MAX)
        errx(2, "usage: milter_load SOCKET SESSIONS CONNECTIONS");
    path = argv[1];
    sessions = strtoul(argv[2], NULL, 10);
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned long i = 0; i < connections; i++)
        if (pthread_create(&threads[i], NULL, run, NULL) != 0)
            errx(1, "no thread");
    for (unsigned long i = 0; i < connections; i++)
        pthread_join(threads[i], NULL);
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    printf("sessions %lu seconds %.1f\n", sessions,
           (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
    return 0;
}
