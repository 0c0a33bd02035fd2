// SPDX-License-Identifier: BSD-2-Clause
// The hosts of a connection string in another order. One deadline applies to all of them, so a first one that
// swallows packets would else keep the others from ever being tried.
#ifndef PG_PG_HOSTS_H
#define PG_PG_HOSTS_H

struct pg_hosts {
    char *host, *addr, *port; // comma-separated lists for libpq; NULL where there is nothing to change
};

// The lists of `conninfo`, begun at number `first` (modulo their length).
struct pg_hosts pg_hosts_from(const char *conninfo, unsigned first);
void pg_hosts_free(const struct pg_hosts *hosts);

#endif
