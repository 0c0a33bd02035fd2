// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/probe/probe_session.h"

#include "base/hex.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SESSION_SECONDS = 120 }; // of all stages together

struct probe_session {
    struct probe_session_spec spec;
    struct socket_address address, source;
    struct event_base *base;
    struct bufferevent *stream;
    struct event *deadline; // of the session
    struct event *limit;    // of the stage, however many bytes come
    struct dialogue dialogue;
    bool handshaking;
    enum dialogue_stage stage; // that `limit` is for
    struct probe_certificate certificate;
};

static void act(struct probe_session *session, enum dialogue_step step);

static void drop_stream(struct probe_session *session)
{
    if (session->stream)
        bufferevent_free(session->stream);
    session->stream = NULL;
    session->handshaking = false;
}

void probe_session_cancel(struct probe_session *session)
{
    drop_stream(session);
    if (session->deadline)
        event_free(session->deadline);
    if (session->limit)
        event_free(session->limit);
    free(session);
}

static void finish_session(struct probe_session *session)
{
    const struct probe_session_spec spec = session->spec;
    struct probe_found found = {.outcome = session->dialogue.outcome,
                                .stage = session->dialogue.decided_at,
                                .uses_tls = session->dialogue.uses_tls,
                                .tls_failed = session->dialogue.tls_failed,
                                .certificate = session->certificate};
    memcpy(found.reply, session->dialogue.reply, sizeof found.reply);
    probe_session_cancel(session);
    spec.on_found(&found, spec.arg);
}

static void show(const struct probe_session *session, enum probe_direction direction, struct slice text)
{
    struct slice line, rest;
    while (session->spec.on_line && text.len > 0) {
        if (!slice_split(text, '\n', &line, &rest)) {
            line = text;
            rest = slice_make("", 0);
        }
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        session->spec.on_line(direction, line, session->spec.arg);
        text = rest;
    }
}

const char *probe_session_stage(const struct probe_session *session)
{
    return dialogue_stage_name(session->dialogue.stage);
}

static void on_readable(struct bufferevent *stream, void *arg)
{
    struct probe_session *session = arg;
    struct evbuffer *input = bufferevent_get_input(stream);
    const size_t size = evbuffer_get_length(input);
    size_t taken = 0;
    if (session->handshaking || !size)
        return;
    const char *bytes = (const char *)evbuffer_pullup(input, -1);
    const enum dialogue_step step = dialogue_read(&session->dialogue, slice_make(bytes, size), &taken);
    show(session, PROBE_RECEIVED, slice_make(bytes, taken));
    // Bytes that a server sent before the handshake are dropped: they must not pass as bytes that came over
    // TLS.
    evbuffer_drain(input, step == DIALOGUE_HANDSHAKE ? size : taken);
    act(session, step);
}

static void read_certificate(SSL *ssl, struct probe_certificate *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    X509 *certificate = SSL_get1_peer_certificate(ssl);
    if (epoch && certificate && X509_digest(certificate, EVP_sha256(), digest, &size) &&
        ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate))) {
        out->ends = (int64_t)days * 86400 + seconds;
        hex_write(digest, (PROBE_FINGERPRINT_MAX - 1) / 2, out->fingerprint);
    }
    X509_free(certificate);
    ASN1_TIME_free(epoch);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
    struct probe_session *session = arg;
    struct dialogue *dialogue = &session->dialogue;
    if (session->handshaking) {
        if (what & BEV_EVENT_CONNECTED)
            read_certificate(bufferevent_openssl_get_ssl(stream), &session->certificate);
        session->handshaking = false;
        show(session, PROBE_EVENT,
             slice_from(what & BEV_EVENT_CONNECTED ? "TLS begins" : "the TLS handshake failed"));
        act(session, dialogue_handshake(dialogue, (what & BEV_EVENT_CONNECTED) != 0));
    } else if (what & BEV_EVENT_CONNECTED) {
        act(session, dialogue_connected(dialogue));
    } else if (dialogue->stage == DIALOGUE_CONNECT) {
        act(session, dialogue_fail(dialogue, DIALOGUE_UNREACHABLE, strerrordesc_np(EVUTIL_SOCKET_ERROR())));
    } else {
        act(session, dialogue_fail(dialogue, DIALOGUE_CLOSED, "closed"));
    }
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct probe_session *session = arg;
    (void)fd;
    (void)what;
    act(session, dialogue_fail(&session->dialogue, DIALOGUE_SILENT, "the session took too long"));
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
    struct probe_session *session = arg;
    struct dialogue *dialogue = &session->dialogue;
    (void)fd;
    (void)what;
    if (session->handshaking) {
        act(session, dialogue_handshake(dialogue, false));
        return;
    }
    act(session,
        dialogue_fail(dialogue, dialogue->stage == DIALOGUE_CONNECT ? DIALOGUE_UNREACHABLE : DIALOGUE_SILENT,
                      "timed out"));
}

// A new stage has its time from now on. The time-outs of a bufferevent do not do: each byte renews them, and
// those below TLS stay as they were.
static bool limit_stage(struct probe_session *session)
{
    const struct timeval limit = {.tv_sec = dialogue_seconds(&session->dialogue)};
    session->stage = session->dialogue.stage;
    return event_add(session->limit, &limit) == 0;
}

// A non-blocking socket, bound to the source address.
static int open_socket(const struct probe_session *session)
{
    const int fd = socket(session->address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && session->spec.source && session->source.family == session->address.family &&
        bind(fd, (const struct sockaddr *)&session->source.storage, session->source.len) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool connect_stream(struct probe_session *session)
{
    const int fd = open_socket(session);
    if (fd < 0)
        return false;
    session->stream =
        bufferevent_socket_new(session->base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (!session->stream) {
        close(fd);
        return false;
    }
    bufferevent_setcb(session->stream, on_readable, NULL, on_event, session);
    bufferevent_setwatermark(session->stream, EV_READ, 0, (size_t)2 * DIALOGUE_LINE_MAX);
    return limit_stage(session) && bufferevent_enable(session->stream, EV_READ | EV_WRITE) == 0 &&
           bufferevent_socket_connect(session->stream, (const struct sockaddr *)&session->address.storage,
                                      (int)session->address.len) == 0;
}

static bool start_tls(struct probe_session *session)
{
    SSL *ssl = session->spec.tls ? SSL_new(session->spec.tls) : NULL;
    struct in6_addr address;
    if (!ssl)
        return false;
    const char *name = session->spec.server_name;
    if (*name && inet_pton(AF_INET, name, &address) != 1 && inet_pton(AF_INET6, name, &address) != 1)
        SSL_set_tlsext_host_name(ssl, name);
    struct bufferevent *over =
        bufferevent_openssl_filter_new(session->base, session->stream, ssl, BUFFEREVENT_SSL_CONNECTING,
                                       BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (!over) {
        SSL_free(ssl);
        return false;
    }
    bufferevent_openssl_set_allow_dirty_shutdown(over, 1);
    session->stream = over;
    session->handshaking = true;
    bufferevent_setcb(over, on_readable, NULL, on_event, session);
    return bufferevent_enable(over, EV_READ | EV_WRITE) == 0;
}

// Asks again without TLS, on a connection of its own.
static void begin_again(struct probe_session *session)
{
    drop_stream(session);
    show(session, PROBE_EVENT, SLICE("a new connection, without TLS"));
    dialogue_init(&session->dialogue, session->spec.dialogue);
    session->dialogue.tls_failed = true;
    if (!connect_stream(session))
        act(session, dialogue_fail(&session->dialogue, DIALOGUE_UNREACHABLE, strerrordesc_np(errno)));
}

static void act(struct probe_session *session, enum dialogue_step step)
{
    struct dialogue *dialogue = &session->dialogue;
    if (step == DIALOGUE_CLOSE) {
        if (dialogue->outcome == DIALOGUE_UNDECIDED && dialogue->tls_failed)
            begin_again(session);
        else
            finish_session(session);
        return;
    }
    if (step == DIALOGUE_HANDSHAKE && !start_tls(session)) {
        act(session, dialogue_handshake(dialogue, false));
        return;
    }
    if (step == DIALOGUE_SEND) {
        show(session, PROBE_SENT, slice_from(dialogue->command));
        bufferevent_write(session->stream, dialogue->command, strlen(dialogue->command));
    }
    if (dialogue->stage != session->stage && !limit_stage(session))
        act(session, dialogue_fail(dialogue, DIALOGUE_UNREACHABLE, "out of memory"));
}

struct probe_session *probe_session_start(struct event_base *base, const struct probe_session_spec *spec)
{
    struct probe_session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    session->spec = *spec;
    session->base = base;
    session->address = *spec->address;
    if (spec->source)
        session->source = *spec->source;
    dialogue_init(&session->dialogue, spec->dialogue);
    session->deadline = event_new(base, -1, 0, on_deadline, session);
    session->limit = event_new(base, -1, 0, on_limit, session);
    if (!session->deadline || !session->limit ||
        event_add(session->deadline, &(struct timeval){.tv_sec = SESSION_SECONDS}) < 0 ||
        !connect_stream(session)) {
        probe_session_cancel(session);
        return NULL;
    }
    return session;
}

SSL_CTX *probe_tls_create(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (!tls)
        return NULL;
    SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
    // Old servers take mail, too (smtp(8), smtp_tls_security_level = may).
    SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    return tls;
}
