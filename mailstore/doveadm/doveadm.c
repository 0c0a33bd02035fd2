// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/doveadm/doveadm.h"

#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 512, ANSWER_MAX = 32 << 20, HTTP_OK = 200, HTTP_UNAUTHORIZED = 401 };

static struct counter commands = {.name = "emailgency_keeper_doveadm_commands_total",
                                  .help = "Commands sent to Dovecot."};
static struct fault away = {.name = "doveadm",
                            .text = "Dovecot does not carry out a command",
                            .advice = "check that service doveadm has the listener of "
                                      "emailgency-store.conf, and doveadm_url in keeper.conf",
                            .interval_ms = 60000};
static struct fault key_refused = {.name = "doveadm-key",
                                   .text = "Dovecot refuses the key",
                                   .advice = "give doveadm_api_key the text of doveadm_key_file",
                                   .interval_ms = 60000};

struct doveadm {
    struct doveadm_spec spec;
    char authorization[2 * KEY_MAX];
};

struct doveadm_call {
    struct transfer *transfer;
    const char *command;
    const char *const *fields;
    char *body;
    bool asks_again;
    void (*on_end)(const struct doveadm_answer *answer, void *arg);
    void *arg;
};

struct doveadm *doveadm_create(const struct doveadm_spec *spec)
{
    unsigned char key[KEY_MAX * 4 / 3 + 8];
    struct doveadm *doveadm = calloc(1, sizeof *doveadm);
    if (!doveadm)
        return NULL;
    doveadm->spec = *spec;
    const size_t len = strnlen(spec->key, KEY_MAX);
    EVP_EncodeBlock(key, (const unsigned char *)spec->key, (int)len);
    snprintf(doveadm->authorization, sizeof doveadm->authorization, "Authorization: X-Dovecot-API %s",
             (const char *)key);
    counter_register(&commands);
    fault_register(&away, 1, "emailgency_keeper_errors_total");
    fault_register(&key_refused, 1, "emailgency_keeper_errors_total");
    return doveadm;
}

void doveadm_destroy(struct doveadm *doveadm)
{
    free(doveadm);
}

static void report(const struct doveadm_call *call, const struct transfer_result *result,
                   const struct doveadm_answer *answer)
{
    char why[500];
    if (result->end != TRANSFER_ANSWERED)
        snprintf(why, sizeof why, "command=%s error=%s", call->command,
                 log_value(slice_from(result->error)).text);
    else if (answer->code > 0)
        snprintf(why, sizeof why, "command=%s exit=%d", call->command, answer->code);
    else
        snprintf(why, sizeof why, "command=%s status=%u%s", call->command, result->status,
                 answer->too_long            ? "; its answer is too long"
                 : result->status == HTTP_OK ? "; its answer is none of doveadm's"
                                             : "");
    if (result->end == TRANSFER_ANSWERED && result->status == HTTP_UNAUTHORIZED)
        (void)fault_report(&key_refused, NULL);
    else
        (void)fault_report(&away, why);
}

static void read_answer(const struct doveadm_call *call, const struct transfer_result *result,
                        struct doveadm_answer *out)
{
    *out = (struct doveadm_answer){.end = DOVEADM_UNKNOWN};
    if (result->end == TRANSFER_ANSWERED && result->status == HTTP_OK && result->body.len == ANSWER_MAX)
        out->too_long = true;
    else if (result->end == TRANSFER_ANSWERED && result->status == HTTP_OK &&
             strcmp(call->command, DOVEADM_USER) == 0)
        doveadm_answer_read_users(result->body, out);
    else if (result->end == TRANSFER_ANSWERED && result->status == HTTP_OK)
        doveadm_answer_read(result->body, call->fields, out);
    else if (result->end == TRANSFER_NOT_SENT || result->status == HTTP_UNAUTHORIZED)
        out->end = DOVEADM_REFUSED;
}

static bool is_fault(const struct doveadm_call *call, const struct doveadm_answer *answer)
{
    if (answer->code == DOVEADM_CODE_AGAIN && call->asks_again)
        return false;
    return answer->end == DOVEADM_UNKNOWN ||
           (answer->end == DOVEADM_REFUSED && answer->code != DOVEADM_CODE_EXISTS &&
            answer->code != DOVEADM_CODE_NO_FOLDER);
}

static void free_call(struct doveadm_call *call)
{
    free(call->body);
    free(call);
}

static void on_transfer(const struct transfer_result *result, void *arg)
{
    struct doveadm_call *call = arg;
    struct doveadm_answer answer;
    read_answer(call, result, &answer);
    if (answer.end == DOVEADM_OK) {
        fault_clear(&away);
        fault_clear(&key_refused);
    } else if (is_fault(call, &answer)) {
        report(call, result, &answer);
    }
    call->on_end(&answer, call->arg);
    doveadm_answer_finish(&answer);
    free_call(call);
}

struct doveadm_call *doveadm_send(struct doveadm *doveadm, const struct doveadm_request *request,
                                  void (*on_end)(const struct doveadm_answer *answer, void *arg), void *arg)
{
    const char *headers[] = {doveadm->authorization, "Content-Type: application/json"};
    struct doveadm_call *call = calloc(1, sizeof *call);
    if (!call)
        return NULL;
    call->on_end = on_end;
    call->arg = arg;
    call->command = request->command;
    call->fields = request->fields;
    call->asks_again = request->asks_again;
    call->body = doveadm_request_text(request);
    if (call->body)
        call->transfer =
            transfer_start(doveadm->spec.pool, &(struct transfer_spec){.url = doveadm->spec.url,
                                                                       .method = "POST",
                                                                       .headers = headers,
                                                                       .header_count = 2,
                                                                       .body = slice_from(call->body),
                                                                       .total_ms = doveadm->spec.timeout_ms,
                                                                       .body_max = ANSWER_MAX,
                                                                       .on_end = on_transfer,
                                                                       .arg = call});
    if (call->transfer) {
        counter_add(&commands, 1);
        return call;
    }
    free_call(call);
    return NULL;
}

void doveadm_cancel(struct doveadm_call *call)
{
    transfer_cancel(call->transfer);
    free_call(call);
}
