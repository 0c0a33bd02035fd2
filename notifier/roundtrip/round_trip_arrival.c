// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/roundtrip/round_trip_arrival.h"

static const char *const words[ROUND_TRIP_ARRIVALS] = {
    [ROUND_TRIP_ARRIVED] = "probe",       [ROUND_TRIP_RETURNED] = "returned", [ROUND_TRIP_LOOPED] = "looped",
    [ROUND_TRIP_FORGED] = "forged",       [ROUND_TRIP_OLD] = "old",           [ROUND_TRIP_OTHER] = "other",
    [ROUND_TRIP_UNCHECKED] = "unchecked",
};

const char *round_trip_arrival_word(unsigned arrival)
{
    return words[arrival];
}

struct search {
    const struct probe_token_keys *keys;
    int64_t now;
    enum round_trip_arrival best; // so far; a lower one replaces it
    struct probe_token token;
};

static void better(struct search *search, enum round_trip_arrival found)
{
    if (found < search->best)
        search->best = found;
}

// Looks for a token in a part of the message. `place`: of a token that a copy of the probe has in this part.
static void look(struct search *search, struct slice part, enum probe_token_place place)
{
    struct probe_token token;
    const struct slice text = probe_token_find(part);
    if (text.len == 0 || search->best == ROUND_TRIP_ARRIVED)
        return;
    switch (probe_token_read(search->keys, text, search->now, &token)) {
    case PROBE_TOKEN_VALID:
        // An answer goes to the envelope sender.
        if (token.place == place || token.place == PROBE_TOKEN_SENDER) {
            better(search, token.place == place ? ROUND_TRIP_ARRIVED : ROUND_TRIP_RETURNED);
            search->token = token;
        }
        break;
    case PROBE_TOKEN_FORGED:
        better(search, ROUND_TRIP_FORGED);
        break;
    case PROBE_TOKEN_EXPIRED:
        better(search, ROUND_TRIP_OLD);
        break;
    case PROBE_TOKEN_UNCHECKED:
        better(search, ROUND_TRIP_UNCHECKED);
        break;
    case PROBE_TOKEN_NONE:
        break;
    }
}

enum round_trip_arrival round_trip_arrival_judge(const struct lmtp_dialogue *dialogue,
                                                 const struct probe_token_keys *keys, int64_t now,
                                                 struct probe_token *out)
{
    struct search search = {.keys = keys, .now = now, .best = ROUND_TRIP_OTHER};
    if (dialogue->message.received > ROUND_TRIP_HOPS_MAX)
        return ROUND_TRIP_LOOPED;
    look(&search, slice_from(dialogue->message.probe_field), PROBE_TOKEN_MESSAGE);
    look(&search, slice_from(dialogue->message.message_id), PROBE_TOKEN_MESSAGE);
    look(&search, slice_from(dialogue->sender), PROBE_TOKEN_SENDER);
    for (unsigned i = 0; i < dialogue->recipients; i++)
        look(&search, slice_from(dialogue->recipient[i].local), PROBE_TOKEN_RECIPIENT);
    *out = search.token;
    return search.best;
}
