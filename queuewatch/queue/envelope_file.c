// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queue/envelope_file.h"

#include "queuewatch/postfix/envelope_reader.h"
#include "queuewatch/queue/queue_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct found_targets {
    const struct watch_list *list;
    size_t count;
    uint32_t targets[MESSAGE_TARGETS_MAX];
};

static void on_recipient(struct slice address, void *arg)
{
    struct found_targets *found = arg;
    struct slice local, domain;
    if (!slice_split_last(address, '@', &local, &domain))
        return;
    const uint32_t target = watch_list_target(found->list, domain);
    if (target == WATCH_NONE || found->count == MESSAGE_TARGETS_MAX)
        return;
    for (size_t i = 0; i < found->count; i++)
        if (found->targets[i] == target)
            return;
    found->targets[found->count++] = target;
}

// A file that Postfix has written has the x bit (MAIL_QUEUE_STAT_READY).
static enum envelope_file_rc check_file(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return ENVELOPE_FILE_UNREADABLE;
    if (!S_ISREG(status.st_mode))
        return ENVELOPE_FILE_BROKEN;
    return status.st_mode & S_IXUSR ? ENVELOPE_FILE_OK : ENVELOPE_FILE_GONE;
}

static enum envelope_file_rc read_envelope(int fd, struct envelope_reader *reader)
{
    char window[ENVELOPE_READER_WINDOW];
    for (;;) {
        const ssize_t len = pread(fd, window, sizeof window, (off_t)reader->offset);
        if (len < 0)
            return ENVELOPE_FILE_UNREADABLE;
        switch (envelope_reader_take(reader, slice_make(window, (size_t)len))) {
        case ENVELOPE_MORE:
            break;
        case ENVELOPE_END:
            return ENVELOPE_FILE_OK;
        case ENVELOPE_BAD:
            return ENVELOPE_FILE_BROKEN;
        }
    }
}

static void set_targets(struct message_table *table, struct message *message,
                        const struct found_targets *found, int64_t arrival)
{
    message_table_set_none(table, message, MESSAGE_OTHER);
    for (size_t i = 0; i < found->count; i++)
        message_table_add_target(table, message, found->targets[i]);
    if (message->is_short && arrival > 0 && arrival <= UINT32_MAX)
        message->arrival = (uint32_t)arrival;
}

enum envelope_file_rc envelope_file_read(int root, struct message_table *table, struct message *message,
                                         const struct watch_list *list)
{
    char path[QUEUE_SCAN_PATH_MAX];
    struct found_targets found = {.list = list};
    struct envelope_reader reader = {.on_recipient = on_recipient, .arg = &found};
    queue_scan_path(message, path);
    const int fd = openat(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ENVELOPE_FILE_GONE : ENVELOPE_FILE_UNREADABLE;
    enum envelope_file_rc rc = check_file(fd);
    if (rc == ENVELOPE_FILE_OK)
        rc = read_envelope(fd, &reader);
    close(fd);
    if (rc == ENVELOPE_FILE_OK)
        set_targets(table, message, &found, reader.arrival);
    return rc;
}
