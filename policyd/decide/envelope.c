// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decide/envelope.h"

#include "base/sender.h"
#include "idn/idn.h"

#include <string.h>

enum { RECIPIENTS_MAX = 1000000 };

// A sender that is no address is logged all the same. If it is cut it ends in dots, so that no row matches
// it.
static void cut_sender(struct slice in, struct mail_address *out)
{
    static const char mark[] = "...";
    char text[ADDRESS_MAX];
    const size_t kept = sizeof text - (sizeof mark - 1);
    memcpy(text, in.ptr, kept);
    memcpy(text + kept, mark, sizeof mark - 1);
    (void)address_read_text(slice_make(text, sizeof text), out);
}

static void read_sender(struct slice in, struct envelope *out)
{
    char ascii[IDN_TEXT_MAX + 1];
    if (idn_address_read(in, &out->sender) != ADDRESS_BAD) {
        sender_normalise(address_text(&out->sender), out->sender_key);
        return;
    }
    in = idn_to_ascii(in, ascii);
    sender_normalise(in, out->sender_key);
    if (!address_read_text(in, &out->sender))
        cut_sender(in, &out->sender);
}

// A login need not be an address; whatever it is, the client is authenticated.
static void read_login(struct slice in, struct mail_address *out)
{
    if (idn_address_read(in, out) != ADDRESS_BAD)
        return;
    if (in.len > ADDRESS_MAX)
        in.len = ADDRESS_MAX;
    (void)address_read_text(in, out);
}

void envelope_read(const struct policy_request *request, struct envelope *out)
{
    out->state = request->state;
    out->context =
        slice_equal(request->policy_context, SLICE("submission")) ? ENVELOPE_SUBMISSION : ENVELOPE_ALL;
    out->stress = request->stress;
    out->has_client = ip_parse(request->client_address, &out->client);
    if (!address_domain_valid(request->client_name) ||
        !slice_copy_lower(request->client_name, out->client_name, sizeof out->client_name))
        (void)slice_copy(SLICE("unknown"), out->client_name, sizeof out->client_name);
    read_sender(request->sender, out);
    (void)(idn_address_read(request->recipient, &out->recipient) == ADDRESS_OK);
    read_login(request->sasl_username, &out->login);
    // Postfix's instances are shorter; without one the request is decided by itself.
    (void)slice_copy(request->instance, out->instance, sizeof out->instance);
    (void)slice_copy(request->queue_id, out->queue_id, sizeof out->queue_id);
    out->recipient_count =
        request->recipient_count < RECIPIENTS_MAX ? (int64_t)request->recipient_count : RECIPIENTS_MAX;
}
