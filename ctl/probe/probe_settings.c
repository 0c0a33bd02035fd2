// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/probe/probe_settings.h"

#include "conf/conf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONF_STRUCT struct probe_settings

// The defaults are those of notifier/notifier_conf.c.
static const struct conf_option table[] = {
    {CONF_TEXT(directory), .fallback = "/var/lib/emailgency/replica", .help = ""},
    {CONF_TEXT(node), .fallback = "", .help = ""},
    {CONF_TEXT(mx_hosts), .fallback = "", .help = ""},
    {CONF_TEXT(helo_name), .fallback = "", .help = ""},
    {CONF_TEXT(probe_bind_address), .fallback = "", .help = ""},
    {CONF_TEXT(dns_servers), .fallback = "", .help = ""},
    CONF_END,
};

bool probe_settings_read(const char *folder, struct probe_settings *out, struct problem *problem)
{
    char path[PATH_MAX];
    *out = (struct probe_settings){.directory = NULL};
    snprintf(path, sizeof path, "%s/notifier.conf", folder);
    const bool present = access(path, R_OK) == 0;
    if (!present && errno != ENOENT)
        return problem_set(problem, "%s cannot be read: %s", path, strerrordesc_np(errno));
    return conf_load_part(table, sizeof *out, present ? path : NULL, out, problem) == CONF_OK;
}

void probe_settings_finish(struct probe_settings *settings)
{
    conf_free(table, settings);
}
