// SPDX-License-Identifier: BSD-2-Clause
// Which hosts are this service's own: those that setting mx_hosts or a daemon's option of that name lists,
// and the alternate names of domains, which the console recommends as MX. Other names below setting
// service_domain may be a customer's server that the operator runs.
#ifndef DIRECTORY_OWN_HOST_H
#define DIRECTORY_OWN_HOST_H

#include "directory/directory.h"

struct own_hosts {
    const struct directory_snapshot *rows; // NULL: no replica
    const char *list; // names and addresses (base/network_list.h), the option; NULL: none
};

// Takes the newest rows of `directory`, which may be NULL, until own_host_end: as for directory_begin, and
// with an end in any case. Returns false if there is no replica, so that the list alone is known.
bool own_host_begin(struct own_hosts *out, struct directory *directory, const char *list);
void own_host_end(const struct own_hosts *own, struct directory *directory);

// `name` in any case, with or without a closing dot.
bool own_host_is_name(const struct own_hosts *own, struct slice name);

bool own_host_is_address(const struct own_hosts *own, const struct ip *address);

#endif
