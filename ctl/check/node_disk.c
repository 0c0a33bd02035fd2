// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/node_check.h"

#include <inttypes.h>

#define MB (INT64_C(1) << 20)

struct disk {
    const char *name;
    int64_t least; // bytes that must be free
    enum finding_severity severity;
    const char *why;
};

static const struct disk disks[] = {
    {"replica", 64 * MB, FINDING_ERROR, "the replica stays as it is: edits of rows are not in force"},
    {"store", 512 * MB, FINDING_WARNING, "copies wait in the queue, and users cannot change their folders"},
    {"spool", 64 * MB, FINDING_WARNING, "counts that wait for the database are lost at a restart"},
};

static void report(const struct node_check *check, const struct disk *disk, int64_t free, int64_t least)
{
    char parameter[64];
    const struct slice at = fact_text(check->facts, "disk.%s.at", disk->name);
    int64_t inodes, inodes_free;
    snprintf(parameter, sizeof parameter, "disk.%s", disk->name);
    const bool counted = fact_number(check->facts, &inodes, "disk.%s.inodes", disk->name) && inodes > 0 &&
                         fact_number(check->facts, &inodes_free, "disk.%s.inodes_free", disk->name);
    if (free < least)
        finding_run(finding_add(check->findings, disk->severity, parameter, NULL, disk->why,
                                "%.*s has %" PRId64 " MB free, and needs %" PRId64 " MB", (int)at.len, at.ptr,
                                free / MB, (least + MB - 1) / MB),
                    "df -h %.*s && du -xh --max-depth=2 %.*s | sort -h | tail", (int)at.len, at.ptr,
                    (int)at.len, at.ptr);
    else if (counted && inodes_free < 1000)
        finding_run(finding_add(check->findings, disk->severity, parameter, NULL, disk->why,
                                "%.*s has room for %" PRId64 " more files", (int)at.len, at.ptr, inodes_free),
                    "df -i %.*s", (int)at.len, at.ptr);
    else
        finding_add(check->findings, FINDING_OK, parameter, NULL, NULL, "%.*s has %" PRId64 " MB free",
                    (int)at.len, at.ptr, free / MB);
}

// smtpd refuses MAIL unless so much is free (src/smtpd/smtpd_check.c, check_mail_size).
static int64_t queue_least(const struct node_check *check)
{
    unsigned long long size = 0, configured = 0;
    (void)slice_number(postconf_value(check->facts, "message_size_limit"), INT64_MAX / 4, &size);
    (void)slice_number(postconf_value(check->facts, "queue_minfree"), INT64_MAX / 4, &configured);
    const int64_t least = (int64_t)size + (int64_t)size / 2;
    return configured > 0 && (int64_t)configured > least ? (int64_t)configured : least;
}

void node_disk_queue(const struct node_check *check)
{
    const struct disk queue = {
        .name = "queue",
        .severity = FINDING_ERROR,
        .why = "Postfix refuses all mail (452 4.3.1) unless 1.5 times message_size_limit is free"};
    int64_t free;
    if (fact_number(check->facts, &free, "disk.queue.free"))
        report(check, &queue, free, queue_least(check));
}

void node_disk(const struct node_check *check)
{
    int64_t free;
    node_disk_queue(check);
    for (size_t i = 0; i < sizeof disks / sizeof disks[0]; i++)
        if (fact_number(check->facts, &free, "disk.%s.free", disks[i].name))
            report(check, &disks[i], free, disks[i].least);
}
