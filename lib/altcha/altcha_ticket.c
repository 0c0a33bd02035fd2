// SPDX-License-Identifier: BSD-2-Clause
#include "altcha/altcha_ticket.h"

#include "base/hex.h"

#include <limits.h>
#include <stdio.h>

enum { FORM_MAX = 32, CONTENT_MAX = 320 };

// The content that is signed: the ticket up to its signature, and the place. A blank is in none of the parts.
static struct slice content_of(struct slice times, const struct altcha_place *place, char out[CONTENT_MAX])
{
    const int len = snprintf(out, CONTENT_MAX, "ticket %s %s %.*s", place->form, place->network,
                             (int)times.len, times.ptr);
    return slice_make(out, (size_t)len);
}

static bool is_place(const struct altcha_place *place)
{
    return strlen(place->form) <= FORM_MAX && strlen(place->network) <= ALTCHA_NETWORK_MAX &&
           !strchr(place->form, ' ') && !strchr(place->network, ' ');
}

bool altcha_ticket_make(const struct altcha_keys *keys, const struct altcha_place *place, long long now,
                        long long expires_at, const unsigned char random[ALTCHA_TICKET_RANDOM],
                        char out[ALTCHA_TICKET_MAX])
{
    char nonce[ALTCHA_NONCE_LEN + 1], content[CONTENT_MAX];
    hex_write(random, ALTCHA_TICKET_RANDOM, nonce);
    const int len = snprintf(out, ALTCHA_TICKET_MAX - ALTCHA_SIGNATURE_LEN - 1, "%s.%lld.%lld", nonce,
                             now + ALTCHA_TICKET_WAIT, expires_at);
    const size_t end = (size_t)len;
    if (now < 0 || expires_at < 0 || !is_place(place) ||
        !altcha_key_sign(keys, content_of(slice_make(out, end), place, content), out + end + 1))
        return false;
    out[end] = '.';
    return true;
}

static bool read_times(struct slice times, struct altcha_use *use, long long *not_before)
{
    struct slice nonce, begin, end;
    unsigned char bytes[ALTCHA_TICKET_RANDOM];
    unsigned long long numbers[2];
    if (!slice_split(times, '.', &nonce, &end) || !slice_split(end, '.', &begin, &end) ||
        !hex_read(nonce, bytes, sizeof bytes) || !slice_number(begin, LLONG_MAX, &numbers[0]) ||
        !slice_number(end, LLONG_MAX, &numbers[1]))
        return false;
    *not_before = (long long)numbers[0];
    use->expires_at = (long long)numbers[1];
    return slice_copy(nonce, use->nonce, sizeof use->nonce);
}

enum altcha_rc altcha_ticket_read(const struct altcha_keys *keys, const struct altcha_place *place,
                                  long long now, struct slice ticket, struct altcha_use *use)
{
    char content[CONTENT_MAX];
    struct slice times, signature;
    long long not_before;
    *use = (struct altcha_use){0};
    if (ticket.len >= ALTCHA_TICKET_MAX || !slice_split_last(ticket, '.', &times, &signature) ||
        !read_times(times, use, &not_before))
        return ALTCHA_MALFORMED;
    if (!is_place(place) || !altcha_key_verify(keys, content_of(times, place, content), signature))
        return ALTCHA_FORGED;
    if (now < not_before)
        return ALTCHA_EARLY;
    return use->expires_at < now ? ALTCHA_EXPIRED : ALTCHA_RIGHT;
}
