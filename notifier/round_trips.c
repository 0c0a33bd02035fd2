// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/round_trips.h"

#include "notifier/notifier_conf.h"
#include "notifier/roundtrip/round_trip_round.h"
#include "notifier/roundtrip/round_trip_server.h"

#include <string.h>

static struct probe_token_keys keys;
static struct round_trip_round *rounds;

static bool is_on(void)
{
    return *notifier_conf.round_trip_key.value != '\0';
}

static bool check_key(const char *option, const struct conf_secret *secret, struct problem *problem)
{
    struct problem found;
    return probe_token_check_key(secret->value, &found) || problem_set(problem, "%s: %s", option, found.text);
}

bool round_trips_start(struct event_base *base, struct problem *problem)
{
    const struct listen_conf *listen = &notifier_conf.round_trip;
    if (!check_key("round_trip_key_file", &notifier_conf.round_trip_key, problem) ||
        !check_key("round_trip_previous_key_file", &notifier_conf.round_trip_previous_key, problem))
        return false;
    if (!is_on())
        return true;
    return round_trip_server_start(base,
                                   &(struct round_trip_listening){.address = listen->address,
                                                                  .group = listen->group,
                                                                  .mode = option_mode(listen->mode),
                                                                  .owner = daemon_owner()},
                                   problem);
}

bool round_trips_run(struct event_base *base, struct pg *pg, struct directory *directory)
{
    const char *node = daemon_node_name(notifier_conf.node);
    if (!is_on())
        return true;
    keys = (struct probe_token_keys){.current = notifier_conf.round_trip_key.value,
                                     .previous = notifier_conf.round_trip_previous_key.value};
    round_trip_server_serve(
        &(struct round_trip_server_spec){.pg = pg, .directory = directory, .host = node, .keys = &keys});
    if (!pg)
        return true;
    rounds = round_trip_round_create(base, &(struct round_trip_spec){.pg = pg,
                                                                     .directory = directory,
                                                                     .node = node,
                                                                     .sendmail = notifier_conf.sendmail,
                                                                     .keys = &keys});
    return rounds != NULL;
}

void round_trips_finish(void)
{
    round_trip_server_finish();
    round_trip_round_destroy(rounds);
}
