// SPDX-License-Identifier: BSD-2-Clause
// The notifier's options that a probe needs, so that the server sees the same client.
#ifndef CTL_PROBE_PROBE_SETTINGS_H
#define CTL_PROBE_PROBE_SETTINGS_H

#include "base/problem.h"

struct probe_settings {
    char *directory, *node, *mx_hosts, *helo_name, *probe_bind_address, *dns_servers;
};

// Reads FOLDER/notifier.conf; a file that is not there means the defaults. Returns false with a
// human-readable message in `problem`; probe_settings_finish is right in either case.
bool probe_settings_read(const char *folder, struct probe_settings *out, struct problem *problem)
    __attribute__((warn_unused_result));
void probe_settings_finish(struct probe_settings *settings);

#endif
