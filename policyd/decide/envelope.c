// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decide/envelope.h"

#include "base/sender.h"
#include "idn/idn.h"

#include <string.h>

static void read_address(struct slice in, char out[ADDRESS_MAX + 1])
{
    if (in.len == 0 || idn_address_fold(in, out) != ADDRESS_OK)
        out[0] = '\0';
}

// What is no address is logged all the same. Where it is cut off it ends in dots, so that no row matches it.
// Returns the sender with its domain in A-labels.
static struct slice read_sender(struct slice in, char ascii[IDN_TEXT_MAX + 1], char out[ADDRESS_MAX + 1])
{
    static const char cut[] = "...";
    const size_t kept = ADDRESS_MAX + 1 - sizeof cut;
    if (address_fold(in, out) != ADDRESS_BAD)
        return in;
    in = idn_to_ascii(in, ascii);
    if (address_fold(in, out) == ADDRESS_OK || slice_copy_lower(in, out, ADDRESS_MAX + 1))
        return in;
    (void)slice_copy_lower(slice_make(in.ptr, kept), out, ADDRESS_MAX + 1);
    memcpy(out + kept, cut, sizeof cut);
    return in;
}

// A login need not be an address; whatever it is, it says that the client is authenticated.
static void read_login(struct slice in, char out[ADDRESS_MAX + 1])
{
    read_address(in, out);
    if (!out[0] && in.len > 0 && !slice_copy_lower(in, out, ADDRESS_MAX + 1))
        (void)slice_copy_lower(slice_make(in.ptr, ADDRESS_MAX), out, ADDRESS_MAX + 1);
}

void envelope_read(const struct policy_request *request, struct envelope *out)
{
    char ascii[IDN_TEXT_MAX + 1];
    out->state = request->state;
    out->context =
        slice_equal(request->policy_context, SLICE("submission")) ? ENVELOPE_SUBMISSION : ENVELOPE_ALL;
    out->stress = request->stress;
    out->has_client = ip_parse(request->client_address, &out->client);
    if (!address_domain_valid(request->client_name) ||
        !slice_copy_lower(request->client_name, out->client_name, sizeof out->client_name))
        (void)slice_copy(SLICE("unknown"), out->client_name, sizeof out->client_name);
    sender_normalise(read_sender(request->sender, ascii, out->sender), out->sender_key);
    read_address(request->recipient, out->recipient);
    read_login(request->sasl_username, out->login);
    // A longer instance is not Postfix's; without one the request is decided by itself.
    (void)slice_copy(request->instance, out->instance, sizeof out->instance);
    (void)slice_copy(request->queue_id, out->queue_id, sizeof out->queue_id);
}

struct slice envelope_domain(const char *address)
{
    struct slice local, domain;
    (void)slice_split_last(slice_from(address), '@', &local, &domain);
    return domain;
}
