// SPDX-License-Identifier: BSD-2-Clause
// Commands to Dovecot by doveadm's HTTP interface, one per request, as its documentation advises.
#ifndef MAILSTORE_DOVEADM_DOVEADM_H
#define MAILSTORE_DOVEADM_DOVEADM_H

#include "mailstore/doveadm/doveadm_answer.h"
#include "mailstore/doveadm/doveadm_request.h"
#include "transfer/transfer.h"

struct doveadm;
struct doveadm_call;

// The strings are borrowed.
struct doveadm_spec {
    struct transfer_pool *pool;
    const char *url; // "http://127.0.0.1:8080/doveadm/v1"
    const char *key; // doveadm_api_key
    long timeout_ms; // of one command
};

// Returns NULL if out of memory.
struct doveadm *doveadm_create(const struct doveadm_spec *spec);
void doveadm_destroy(struct doveadm *doveadm);

// `on_end` is called once, from the loop, and never after doveadm_cancel; the answer is valid in it. It may
// send others. Returns NULL if out of memory; then there is no callback.
struct doveadm_call *doveadm_send(struct doveadm *doveadm, const struct doveadm_request *request,
                                  void (*on_end)(const struct doveadm_answer *answer, void *arg), void *arg);
// Dovecot may carry the command out all the same.
void doveadm_cancel(struct doveadm_call *call);

#endif
