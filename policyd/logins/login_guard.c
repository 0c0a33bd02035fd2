// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/logins/login_guard.h"

#include "base/lru.h"
#include "policyd/logins/login_bucket.h"
#include "policyd/logins/login_history.h"

#include <stdlib.h>

static const int64_t known_for = INT64_C(86400) * LOGIN_GUARD_KNOWN_DAYS;

// The wrong passwords of an address from a network.
struct guesses {
    struct {
        uint32_t password;
        uint32_t at; // seconds; 0: unused
    } tried[LOGIN_GUARD_PASSWORDS];
    bool noted;
};

struct login_guard {
    struct lru *guesses, *networks, *addresses, *histories;
};

// An attempt, and what the tables have about it.
struct look {
    struct lru_key address, network, client; // of the texts
    struct lru_key pair_of_network, pair_of_client;
    enum login_familiarity familiarity;
};

struct login_guard *login_guard_create(size_t max)
{
    struct login_guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        return NULL;
    guard->guesses = lru_create(max, sizeof(struct guesses));
    guard->networks = lru_create(max, sizeof(struct login_bucket));
    guard->addresses = lru_create(max, sizeof(struct login_bucket));
    guard->histories = lru_create(max, sizeof(struct login_history));
    if (guard->guesses && guard->networks && guard->addresses && guard->histories)
        return guard;
    login_guard_destroy(guard);
    return NULL;
}

void login_guard_destroy(struct login_guard *guard)
{
    if (!guard)
        return;
    lru_destroy(guard->guesses);
    lru_destroy(guard->networks);
    lru_destroy(guard->addresses);
    lru_destroy(guard->histories);
    free(guard);
}

static struct look look_up(struct login_guard *guard, const struct login_attempt *attempt, int64_t now)
{
    char client_text[CIDR_TEXT_MAX], network_text[CIDR_TEXT_MAX];
    const bool ip4 = attempt->client.bits == 32;
    const struct cidr network = cidr_of_client(&attempt->client);
    // A client with IPv6 chooses its address within its network.
    const struct cidr client = ip4 ? cidr_of(&attempt->client, 32) : network;
    cidr_format(&network, network_text);
    cidr_format(&client, client_text);
    const struct slice of_network[] = {slice_from(attempt->address), slice_from(network_text)},
                       of_client[] = {slice_from(attempt->address), slice_from(client_text)};
    struct look look = {.address = lru_key(of_network, 1),
                        .network = lru_key(of_network + 1, 1),
                        .client = lru_key(of_client + 1, 1),
                        .pair_of_network = lru_key(of_network, 2),
                        .pair_of_client = lru_key(of_client, 2)};
    look.familiarity =
        login_history_look(lru_find(guard->histories, look.address, now), (uint32_t)look.network.low,
                           (uint32_t)look.client.low, now - known_for);
    return look;
}

static struct lru_key pair_of(const struct look *look)
{
    return look->familiarity == LOGIN_KNOWN_CLIENT ? look->pair_of_client : look->pair_of_network;
}

static bool counts(const struct guesses *guesses, size_t i, const struct login_limits *limits, int64_t now)
{
    return guesses->tried[i].at > 0 && guesses->tried[i].at > now - limits->window;
}

static unsigned count_guesses(const struct guesses *guesses, const struct login_limits *limits, int64_t now)
{
    unsigned count = 0;
    for (size_t i = 0; guesses && i < LOGIN_GUARD_PASSWORDS; i++)
        count += counts(guesses, i, limits, now);
    return count;
}

// When the password was first tried within the window; 0 for never.
static int64_t tried_at(const struct guesses *guesses, uint32_t password, const struct login_limits *limits,
                        int64_t now)
{
    for (size_t i = 0; guesses && i < LOGIN_GUARD_PASSWORDS; i++)
        if (guesses->tried[i].password == password && counts(guesses, i, limits, now))
            return guesses->tried[i].at;
    return 0;
}

static void add_guess(struct guesses *guesses, uint32_t password, const struct login_limits *limits,
                      int64_t now)
{
    for (size_t i = 0; i < LOGIN_GUARD_PASSWORDS; i++)
        if (!counts(guesses, i, limits, now)) {
            guesses->tried[i].password = password;
            guesses->tried[i].at = (uint32_t)now;
            return;
        }
}

static double level_of(struct lru *buckets, struct lru_key key, unsigned max,
                       const struct login_limits *limits, int64_t now)
{
    return login_bucket_level(lru_find(buckets, key, now), max, limits->window, now);
}

static void add_to(struct lru *buckets, struct lru_key key, double amount, unsigned max,
                   const struct login_limits *limits, int64_t now)
{
    struct login_bucket *bucket =
        amount > 0 ? lru_obtain(buckets, key, now, now + limits->window) : lru_find(buckets, key, now);
    if (!bucket)
        return;
    login_bucket_add(bucket, amount, max, limits->window, now);
    if (amount > 0)
        (void)lru_put(buckets, key, now + limits->window);
}

// Networks that are new to the address, which count together.
static void add_to_both(struct login_guard *guard, const struct look *look, double amount,
                        const struct login_limits *limits, int64_t now)
{
    add_to(guard->networks, look->network, amount, limits->network_failures, limits, now);
    add_to(guard->addresses, look->address, amount, limits->address_failures, limits, now);
}

static struct login_verdict refuse(enum login_reason reason, bool first)
{
    return (struct login_verdict){.reason = reason, .first = first};
}

static struct login_verdict refuse_pair(struct guesses *guesses)
{
    const bool first = !guesses->noted;
    guesses->noted = true;
    return refuse(LOGIN_REFUSED_PASSWORDS, first);
}

static struct login_verdict refuse_bucket(enum login_reason reason, struct lru *buckets, struct lru_key key,
                                          int64_t now)
{
    struct login_bucket *bucket = lru_find(buckets, key, now);
    return refuse(reason, bucket && login_bucket_note(bucket));
}

static struct login_verdict allow(struct login_guard *guard, const struct look *look,
                                  const struct login_limits *limits, const struct login_attempt *attempt,
                                  int64_t now)
{
    struct guesses *guesses = lru_obtain(guard->guesses, pair_of(look), now, now + limits->window);
    if (!guesses)
        return (struct login_verdict){.reason = LOGIN_ALLOWED};
    const unsigned before = count_guesses(guesses, limits, now);
    if (!tried_at(guesses, attempt->password, limits, now)) {
        guesses = lru_put(guard->guesses, pair_of(look), now + limits->window);
        if (guesses)
            add_guess(guesses, attempt->password, limits, now);
        if (guesses && before + 1 < limits->wrong_passwords)
            guesses->noted = false;
        if (look->familiarity == LOGIN_UNKNOWN)
            add_to_both(guard, look, 1, limits, now);
    }
    if (before < LOGIN_GUARD_FREE)
        return (struct login_verdict){.reason = LOGIN_ALLOWED};
    const unsigned delay = before - LOGIN_GUARD_FREE + 1;
    return (struct login_verdict){.reason = LOGIN_DELAYED,
                                  .delay = delay < LOGIN_GUARD_DELAY_MAX ? delay : LOGIN_GUARD_DELAY_MAX};
}

struct login_verdict login_guard_check(struct login_guard *guard, const struct login_limits *limits,
                                       const struct login_attempt *attempt, int64_t now)
{
    const struct look look = look_up(guard, attempt, now);
    const bool unknown = look.familiarity == LOGIN_UNKNOWN;
    const double of_address =
        unknown ? level_of(guard->addresses, look.address, limits->address_failures, limits, now) : 0;
    const double of_network =
        unknown ? level_of(guard->networks, look.network, limits->network_failures, limits, now) : 0;
    // While an address is attacked, each new network has fewer attempts, so that there are some left for
    // more.
    const unsigned max =
        of_address * 2 >= limits->address_failures ? LOGIN_GUARD_FREE + 1 : limits->wrong_passwords;
    struct guesses *guesses = lru_find(guard->guesses, pair_of(&look), now);
    const int64_t tried = tried_at(guesses, attempt->password, limits, now);
    if (tried > 0 && tried >= now - LOGIN_GUARD_IN_FLIGHT_S)
        return allow(guard, &look, limits, attempt, now);
    if (count_guesses(guesses, limits, now) >= max)
        return refuse_pair(guesses);
    if (of_network + 1 > limits->network_failures)
        return refuse_bucket(LOGIN_REFUSED_NETWORK, guard->networks, look.network, now);
    if (of_address + 1 > limits->address_failures)
        return refuse_bucket(LOGIN_REFUSED_ADDRESS, guard->addresses, look.address, now);
    return allow(guard, &look, limits, attempt, now);
}

static void forget_guess(struct login_guard *guard, struct lru_key pair, uint32_t password,
                         const struct login_limits *limits, int64_t now)
{
    struct guesses *guesses = lru_find(guard->guesses, pair, now);
    for (size_t i = 0; guesses && i < LOGIN_GUARD_PASSWORDS; i++)
        if (guesses->tried[i].password == password && counts(guesses, i, limits, now))
            guesses->tried[i].at = 0;
}

void login_guard_success(struct login_guard *guard, const struct login_limits *limits,
                         const struct login_attempt *attempt, int64_t now)
{
    const struct look look = look_up(guard, attempt, now);
    forget_guess(guard, look.pair_of_network, attempt->password, limits, now);
    forget_guess(guard, look.pair_of_client, attempt->password, limits, now);
    // Also where Dovecot gave the user another name: then its hash of the password is another one, too, and
    // the guess stays. It happens once, since the network is known from now on.
    if (look.familiarity == LOGIN_UNKNOWN)
        add_to_both(guard, &look, -1, limits, now);
    const int64_t expires = now + known_for;
    struct login_history *history = lru_obtain(guard->histories, look.address, now, expires);
    if (!history)
        return;
    login_history_add(history, (uint32_t)look.network.low, (uint32_t)look.client.low, now);
    (void)lru_put(guard->histories, look.address, expires);
}

const char *login_reason_word(unsigned reason)
{
    static const char *const words[LOGIN_REASONS] = {[LOGIN_ALLOWED] = "allowed",
                                                     [LOGIN_DELAYED] = "delayed",
                                                     [LOGIN_REFUSED_PASSWORDS] = "wrong_passwords",
                                                     [LOGIN_REFUSED_NETWORK] = "network",
                                                     [LOGIN_REFUSED_ADDRESS] = "address"};
    return words[reason];
}
