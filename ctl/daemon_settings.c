// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/daemon_settings.h"

#include "conf/conf.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_SIZE = 512, OPTIONS = 5 };

// The daemons' own defaults; tests/unit/ctl/status_test.py compares them.
static const char *const metrics_defaults[STATUS_DAEMONS] = {
    [STATUS_REPLICATOR] = "127.0.0.1:9721",   [STATUS_POLICYD] = "127.0.0.1:9181",
    [STATUS_TRANSPORTMAP] = "127.0.0.1:9183", [STATUS_MILTER] = "127.0.0.1:9184",
    [STATUS_QUEUEWATCH] = "127.0.0.1:9186",   [STATUS_NOTIFIER] = "127.0.0.1:9185",
    [STATUS_TRACKER] = "127.0.0.1:9187",      [STATUS_KEEPER] = "127.0.0.1:9188"};

#define CONF_STRUCT struct daemon_settings
static const struct conf_option table[] = {
    {CONF_TEXT(metrics), .fallback = "", .help = ""},
    {CONF_TEXT(directory), .fallback = "/var/lib/emailgency/replica", .help = ""},
    {CONF_COUNT(spf_workers), .fallback = "2", .min = 1, .max = 64, .help = ""},
    {CONF_COUNT(greylist_cache), .fallback = "1000000", .min = 100, .max = 100000000, .help = ""},
    {CONF_TEXT(queuehold), .fallback = "/run/emailgency-queuehold/socket", .help = ""},
    CONF_END,
};

enum daemon_settings_rc daemon_settings_read(const char *folder, enum status_daemon daemon,
                                             struct daemon_settings *out, struct problem *problem)
{
    struct conf_option own[OPTIONS + 1];
    struct problem why;
    char path[PATH_SIZE];
    enum daemon_settings_rc rc = DAEMON_SETTINGS_OK;
    memcpy(own, table, sizeof own);
    own[0].fallback = metrics_defaults[daemon];
    *out = (struct daemon_settings){.metrics = NULL};
    snprintf(path, sizeof path, "%s/%s.conf", folder, status_daemon_name(daemon));
    const bool present = access(path, R_OK) == 0;
    if (!present && errno != ENOENT) {
        problem_set(problem, "%s cannot be read: %s", path, strerror(errno));
        rc = errno == EACCES ? DAEMON_SETTINGS_NO_RIGHT : DAEMON_SETTINGS_BAD;
    } else if (present && conf_load_part(own, sizeof *out, path, out, problem) != CONF_OK) {
        rc = DAEMON_SETTINGS_BAD;
    }
    if ((!present || rc != DAEMON_SETTINGS_OK) &&
        conf_load_part(own, sizeof *out, NULL, out, &why) != CONF_OK)
        *problem = why;
    return rc;
}

void daemon_settings_finish(struct daemon_settings *settings)
{
    conf_free(table, settings);
}

// The value of a line "key = value", which stays as it was if the line has another key.
static void read_value(struct slice line, const char *key, char *value, size_t size)
{
    struct slice name, text;
    char copy[128];
    if (slice_split(line, '=', &name, &text) && slice_equal(slice_trim(name), slice_from(key)) &&
        slice_copy(slice_trim(text), copy, sizeof copy))
        snprintf(value, size, "%s", copy);
}

bool daemon_settings_logins(const char *folder, char out[DAEMON_SETTINGS_SOCKET], bool *readable)
{
    char path[PATH_SIZE], line[512], port[16] = "6432", sockets[128] = "/run/emailgency-logins";
    snprintf(path, sizeof path, "%s/logins.ini", folder);
    FILE *file = fopen(path, "re");
    *readable = file != NULL;
    if (!file && errno == ENOENT)
        return false;
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = '\0';
        read_value(slice_from(line), "unix_socket_dir", sockets, sizeof sockets);
        read_value(slice_from(line), "listen_port", port, sizeof port);
    }
    if (file)
        fclose(file);
    snprintf(out, DAEMON_SETTINGS_SOCKET, "unix:%s/.s.PGSQL.%s", sockets, port);
    return true;
}
