// SPDX-License-Identifier: BSD-2-Clause
#include "console/auth/auth_client.h"

#include "base/cidr.h"
#include "base/fault.h"
#include "base/memory.h"
#include "io/loop.h"
#include "io/unix_question.h"
#include "wire/netstring.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <utlist.h>

struct auth_call {
    struct auth_call *prev, *next;
    struct auth_client *client;
    struct unix_question *question; // NULL: it could not be asked
    void (*on_reply)(const json_t *reply, void *arg);
    void *arg;
    char network[CIDR_TEXT_MAX]; // "": none is known
    bool is_busy;                // too many wait
    size_t size;
    char text[NETSTRING_HEAD_MAX + AUTH_CLIENT_SIZE_MAX + 1]; // the netstring; it may hold a password
};

struct auth_client {
    struct event_base *base;
    const char *path;
    struct auth_call *pending;
    unsigned count;
    struct loop_timer failed;
};

static struct fault no_reply = {.name = "console-auth",
                                .text = "emailgency-console-auth does not reply, so nobody can log in",
                                .advice =
                                    "start it (systemctl status emailgency-console-auth.socket), and compare "
                                    "`auth_socket` with its `listen`"};

static void end_call(struct auth_call *call, const json_t *reply)
{
    void (*const on_reply)(const json_t *, void *) = call->on_reply;
    void *const arg = call->arg;
    DL_DELETE(call->client->pending, call);
    call->client->count--;
    OPENSSL_cleanse(call, sizeof *call);
    free(call);
    on_reply(reply, arg);
}

static bool parse_reply(struct slice bytes, struct slice *reply, const char **problem)
{
    size_t size;
    switch (netstring_parse(bytes, AUTH_CLIENT_SIZE_MAX, reply, &size)) {
    case NETSTRING_OK:
        return true;
    case NETSTRING_MORE:
        return false;
    default:
        *problem = "its reply is no netstring of at most 16 KB";
        return true;
    }
}

static void on_reply(struct slice text, const char *problem, void *arg)
{
    struct auth_call *call = arg;
    json_t *reply = problem ? NULL : json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(reply)) {
        (void)fault_report(&no_reply, problem ? problem : "its reply is no JSON object");
        json_decref(reply);
        reply = NULL;
    }
    end_call(call, reply);
    json_decref(reply);
}

static void on_failed(void *arg)
{
    struct auth_client *client = arg;
    struct auth_call *call, *next;
    json_t *busy = json_pack("{s:b, s:s}", "ok", 0, "reason", "busy");
    DL_FOREACH_SAFE(client->pending, call, next)
    if (!call->question)
        end_call(call, call->is_busy ? busy : NULL);
    json_decref(busy);
}

struct auth_client *auth_client_create(struct event_base *base, const char *path)
{
    struct auth_client *client = memory_or_exit(calloc(1, sizeof *client));
    client->base = base;
    client->path = path;
    loop_timer_init(&client->failed, base, on_failed, client);
    fault_register(&no_reply, 1, "emailgency_console_errors_total");
    return client;
}

void auth_client_destroy(struct auth_client *client)
{
    struct auth_call *call, *next;
    if (!client)
        return;
    DL_FOREACH_SAFE(client->pending, call, next)
    {
        unix_question_cancel(call->question);
        end_call(call, NULL);
    }
    loop_timer_finish(&client->failed);
    free(client);
}

static bool write_request(struct auth_call *call, const json_t *request)
{
    const size_t size = json_dumpb(request, NULL, 0, JSON_COMPACT);
    if (size == 0 || size > AUTH_CLIENT_SIZE_MAX)
        return false;
    const size_t head = netstring_head(size, call->text);
    if (json_dumpb(request, call->text + head, size, JSON_COMPACT) != size)
        return false;
    call->text[head + size] = ',';
    call->size = head + size + 1;
    return true;
}

static void read_network(const json_t *request, char out[CIDR_TEXT_MAX])
{
    struct ip address;
    *out = '\0';
    if (!ip_parse(slice_from(json_string_value(json_object_get(request, "from"))), &address))
        return;
    const struct cidr network = cidr_of_client(&address);
    cidr_format(&network, out);
}

// One network leaves room to the others.
static bool too_many(const struct auth_client *client, const char *network)
{
    const struct auth_call *call;
    unsigned count = 0;
    DL_FOREACH(client->pending, call)
    count += strcmp(call->network, network) == 0;
    return client->count >= AUTH_CLIENT_PENDING_MAX || count >= AUTH_CLIENT_NETWORK_MAX;
}

void auth_client_send(struct auth_client *client, const json_t *request,
                      void (*on_reply_to)(const json_t *reply, void *arg), void *arg)
{
    struct auth_call *call = memory_or_exit(calloc(1, sizeof *call));
    call->client = client;
    call->on_reply = on_reply_to;
    call->arg = arg;
    read_network(request, call->network);
    call->is_busy = too_many(client, call->network);
    DL_APPEND(client->pending, call);
    client->count++;
    if (!call->is_busy && write_request(call, request))
        call->question = unix_question_ask(
            client->base, &(struct unix_question_spec){.path = client->path,
                                                       .question = slice_make(call->text, call->size),
                                                       .seconds = AUTH_CLIENT_WITHIN_S,
                                                       .parse = parse_reply,
                                                       .on_reply = on_reply,
                                                       .arg = call});
    if (call->question)
        return;
    if (call->size > 0)
        (void)fault_report(&no_reply, "cannot connect");
    loop_timer_set(&client->failed, 0);
}
