// SPDX-License-Identifier: BSD-2-Clause
#include "transfer/transfer.h"

#include "transfer/transfer_loop.h"
#include "transfer/transfer_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct transfer_pool {
    struct transfer_pool_spec spec;
    struct transfer_loop loop;
};

struct transfer {
    struct transfer_pool *pool;
    CURL *easy;
    bool is_smtp;
    struct transfer_input input;
    void (*on_end)(const struct transfer_result *result, void *arg);
    void *arg;
    char error[CURL_ERROR_SIZE];
    size_t body_len, body_size, body_max;
    char *body;
};

static bool make_room(struct transfer *transfer, size_t wanted)
{
    if (wanted <= transfer->body_size)
        return true;
    const size_t size = wanted * 2 < transfer->body_max ? wanted * 2 : transfer->body_max;
    char *longer = realloc(transfer->body, size);
    if (!longer)
        return false;
    transfer->body = longer;
    transfer->body_size = size;
    return true;
}

// A longer answer ends the transfer.
static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    const size_t room = transfer->body_max - transfer->body_len;
    const size_t now = size * count < room ? size * count : room;
    if (!make_room(transfer, transfer->body_len + now))
        return 0;
    memcpy(transfer->body + transfer->body_len, bytes, now);
    transfer->body_len += now;
    return now;
}

// The message is the server's once it has read the dot after it (RFC 5321 section 4.1.1.4).
static enum transfer_end end_of_smtp(const struct transfer *transfer, CURLcode rc, long code)
{
    if (rc == CURLE_OK || code >= 400)
        return TRANSFER_ANSWERED;
    return transfer->input.at_end ? TRANSFER_UNKNOWN : TRANSFER_NOT_SENT;
}

// An answer that breaks off after its status is one. A request that was written in part may have been read:
// nobody knows what a gateway does with it.
static enum transfer_end end_of_http(CURL *easy, CURLcode rc, long code)
{
    long written = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &written);
    if (rc == CURLE_OK || code >= 200)
        return code >= 200 ? TRANSFER_ANSWERED : TRANSFER_UNKNOWN;
    return written > 0 ? TRANSFER_UNKNOWN : TRANSFER_NOT_SENT;
}

static void free_transfer(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    transfer_input_finish(&transfer->input);
    free(transfer->body);
    free(transfer);
}

static void on_done(CURL *easy, CURLcode rc)
{
    struct transfer *transfer = NULL;
    long code = 0;
    curl_off_t wait = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait);
    const struct transfer_result result = {
        .end = transfer->is_smtp ? end_of_smtp(transfer, rc, code) : end_of_http(easy, rc, code),
        .status = code > 0 ? (unsigned)code : 0,
        .retry_after = wait > 0 ? (unsigned)(wait < 86400 ? wait : 86400) : 0,
        .body = slice_make(transfer->body, transfer->body_len),
        .error = *transfer->error ? transfer->error : curl_easy_strerror(rc)};
    transfer->on_end(&result, transfer->arg);
    free_transfer(transfer);
}

struct transfer *transfer_start(struct transfer_pool *pool, const struct transfer_spec *spec)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return NULL;
    transfer->pool = pool;
    transfer->is_smtp = spec->recipient != NULL;
    transfer->on_end = spec->on_end;
    transfer->arg = spec->arg;
    transfer->body_max = spec->body_max ? spec->body_max : TRANSFER_BODY_MAX;
    transfer->easy = curl_easy_init();
    if (transfer->easy && transfer_setup(transfer->easy, &pool->spec, spec, &transfer->input) &&
        curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
        curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, transfer->error) == CURLE_OK &&
        curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
        curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
        curl_multi_add_handle(pool->loop.multi, transfer->easy) == CURLM_OK)
        return transfer;
    free_transfer(transfer);
    return NULL;
}

void transfer_cancel(struct transfer *transfer)
{
    curl_multi_remove_handle(transfer->pool->loop.multi, transfer->easy);
    free_transfer(transfer);
}

struct transfer_pool *transfer_pool_create(struct event_base *base, const struct transfer_pool_spec *spec)
{
    struct transfer_pool *pool = calloc(1, sizeof *pool);
    if (!pool || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(pool);
        return NULL;
    }
    pool->spec = *spec;
    if (transfer_loop_init(&pool->loop, base, on_done))
        return pool;
    transfer_pool_destroy(pool);
    return NULL;
}

void transfer_pool_destroy(struct transfer_pool *pool)
{
    if (!pool)
        return;
    transfer_loop_finish(&pool->loop);
    curl_global_cleanup();
    free(pool);
}
