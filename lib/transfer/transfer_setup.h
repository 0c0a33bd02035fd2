// SPDX-License-Identifier: BSD-2-Clause
// The options of libcurl for one transfer.
#ifndef TRANSFER_TRANSFER_SETUP_H
#define TRANSFER_TRANSFER_SETUP_H

#include "transfer/transfer_spec.h"

#include <curl/curl.h>
#include <stdbool.h>

// Data that libcurl borrows until the transfer ends.
struct transfer_input {
    char *body; // the mail message with CRLF; HTTP: libcurl has a copy
    size_t body_len, body_read;
    bool at_end; // all of it was read, and its end
    struct curl_slist *headers, *recipients, *resolved;
    struct ip addresses[TRANSFER_PIN_ADDRESSES];
    size_t address_count;
};

// Returns false if out of memory. transfer_input_finish is due in either case.
bool transfer_setup(CURL *easy, const struct transfer_pool_spec *pool, const struct transfer_spec *spec,
                    struct transfer_input *input);
void transfer_input_finish(struct transfer_input *input);

#endif
