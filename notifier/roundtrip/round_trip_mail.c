// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/roundtrip/round_trip_mail.h"

#include "directory/round_trip_address.h"
#include "notifier/lmtp/lmtp_message.h"

#include <stdio.h>

_Static_assert(ROUND_TRIP_TOKEN_LEN == PROBE_TOKEN_LEN, "Postfix takes what is sent");

#define PLACEHOLDER "{token}"

struct tokens {
    char sender[PROBE_TOKEN_LEN + 1], recipient[PROBE_TOKEN_LEN + 1], message[PROBE_TOKEN_LEN + 1];
};

static bool write_token(const struct probe_token_keys *keys, const struct probe_token *probe,
                        enum probe_token_place place, char out[PROBE_TOKEN_LEN + 1])
{
    struct probe_token token = *probe;
    token.place = place;
    return probe_token_write(keys, &token, out);
}

// The probe's recipient, with its token where there is to be one.
static bool write_target(struct slice target, const char *token, char out[ADDRESS_MAX + 1])
{
    const struct slice mark = SLICE(PLACEHOLDER);
    const char *at = memmem(target.ptr, target.len, mark.ptr, mark.len);
    if (!at)
        return slice_copy(target, out, ADDRESS_MAX + 1);
    const struct slice rest = slice_skip(target, (size_t)(at - target.ptr) + mark.len);
    return snprintf(out, ADDRESS_MAX + 1, "%.*s%s%.*s", (int)(at - target.ptr), target.ptr, token,
                    (int)rest.len, rest.ptr) <= ADDRESS_MAX;
}

// Fields that keep automatic replies away, beside Auto-Submitted: that of Exchange, and the old one of lists.
static void write_fields(const char *token, char out[200])
{
    snprintf(out, 200, LMTP_MESSAGE_PROBE_FIELD ": %s\nX-Auto-Response-Suppress: All\nPrecedence: bulk\n",
             token);
}

static size_t write_message(const struct tokens *tokens, const char *home, const char *host,
                            const char *target, int64_t date, char out[MAIL_MESSAGE_MAX])
{
    char fields[200], body[ADDRESS_MAX + 300];
    write_fields(tokens->message, fields);
    snprintf(
        body, sizeof body,
        "This message tests whether the mail server takes and forwards mail. Its recipient is redirected\n"
        "to %s, where the test ends; nobody needs to read or answer it.\n",
        home);
    return mail_message_write(&(struct mail_message){.sender = home,
                                                     .recipient = target,
                                                     .subject = "Emailgency probe",
                                                     .body = body,
                                                     .id = tokens->message,
                                                     .host = host,
                                                     .fields = fields,
                                                     .date = date},
                              out);
}

bool round_trip_mail_write(const struct probe_token_keys *keys, struct slice home, struct slice target,
                           const struct probe_token *probe, struct round_trip_mail *out)
{
    char address[ADDRESS_MAX + 1], own[ADDRESS_MAX + 1];
    struct slice local, host;
    struct tokens tokens;
    out->len = 0;
    if (!write_token(keys, probe, PROBE_TOKEN_SENDER, tokens.sender) ||
        !write_token(keys, probe, PROBE_TOKEN_RECIPIENT, tokens.recipient) ||
        !write_token(keys, probe, PROBE_TOKEN_MESSAGE, tokens.message) ||
        !write_target(target, tokens.recipient, address) || !slice_copy(home, own, sizeof own) ||
        !slice_split_last(slice_from(own), '@', &local, &host))
        return false;
    snprintf(out->recipient, sizeof out->recipient, "%s" ROUND_TRIP_TAIL, address);
    if (snprintf(out->sender, sizeof out->sender, "%.*s+%s@%s", (int)local.len, local.ptr, tokens.sender,
                 host.ptr) > ADDRESS_MAX)
        return false;
    out->len = write_message(&tokens, own, host.ptr, address, probe->sent, out->message);
    return out->len > 0;
}
