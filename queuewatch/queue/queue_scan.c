// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queue/queue_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
    RECHECKS_MAX = 20000, // missing messages that are looked for one by one
    STOP_EVERY = 1024     // names between two looks at `stop`
};

struct scanner {
    struct queue_scan *scan;
    struct message_table *table;
    const atomic_bool *stop;
    enum queue_name queue;
    unsigned names;
};

static bool is_stopped(struct scanner *scanner)
{
    return scanner->names++ % STOP_EVERY == 0 && atomic_load(scanner->stop);
}

// A message that moves while it is scanned may be seen twice.
static void see(struct scanner *scanner, const struct queue_id *id, unsigned depth)
{
    struct message *message = message_table_put(scanner->table, id);
    if (!message) {
        scanner->scan->left_out++;
        return;
    }
    message->is_known = message->scan != 0 && (message->is_known || message->scan != scanner->scan->number);
    message->queue = scanner->queue & 3;
    message->depth = depth & 7;
    message->scan = scanner->scan->number;
    if (depth > scanner->scan->depths[scanner->queue])
        scanner->scan->depths[scanner->queue] = (uint8_t)depth;
}

// The folders of hash_queue_names have names of one hexadecimal digit, or "_".
static bool is_folder(const char *name)
{
    return name[0] != '.' && name[1] == '\0';
}

static bool scan_folder(struct scanner *scanner, int parent, const char *name, unsigned depth);

static bool scan_names(struct scanner *scanner, DIR *folder, unsigned depth)
{
    const struct dirent *entry;
    struct queue_id id;
    while ((entry = readdir(folder)) != NULL) {
        if (is_stopped(scanner))
            return false;
        if (is_folder(entry->d_name)) {
            if (depth < QUEUE_ID_DEPTH_MAX && !scan_folder(scanner, dirfd(folder), entry->d_name, depth + 1))
                return false;
        } else if (queue_id_parse(slice_from(entry->d_name), &id)) {
            see(scanner, &id, depth);
        }
    }
    return true;
}

static void note_error(struct scanner *scanner)
{
    if (errno != ENOENT && scanner->scan->errors[scanner->queue] == 0)
        scanner->scan->errors[scanner->queue] = errno;
}

// Returns false if it is to stop. A folder that is not there holds nothing.
static bool scan_folder(struct scanner *scanner, int parent, const char *name, unsigned depth)
{
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder) {
        note_error(scanner);
        if (fd >= 0)
            close(fd);
        return true;
    }
    const bool goes_on = scan_names(scanner, folder, depth);
    closedir(folder);
    return goes_on;
}

void queue_scan_path(const struct message *message, char out[QUEUE_SCAN_PATH_MAX])
{
    const struct queue_id id = message_table_id(message);
    const int len = snprintf(out, QUEUE_SCAN_PATH_MAX, "%s/", queue_name_word(message->queue));
    queue_id_path(&id, message->depth, out + len);
}

// Looks for a message that moved where the scan had been already.
static bool is_elsewhere(struct scanner *scanner, int root, struct message *message)
{
    static const enum queue_name order[] = {QUEUE_ACTIVE, QUEUE_DEFERRED, QUEUE_INCOMING, QUEUE_HOLD};
    char path[QUEUE_SCAN_PATH_MAX];
    for (unsigned i = 0; i < QUEUE_NAMES; i++) {
        message->queue = order[i] & 3;
        const unsigned depth = scanner->scan->depths[order[i]];
        message->depth = depth & 7;
        queue_scan_path(message, path);
        if (faccessat(root, path, F_OK, 0) == 0)
            return true;
    }
    return false;
}

static bool sweep(struct scanner *scanner, int root)
{
    unsigned checked = 0;
    for (size_t slot = 0; slot < message_table_slots(scanner->table); slot++) {
        struct message *message = message_table_slot(scanner->table, slot);
        if (!message || message->scan == scanner->scan->number || scanner->scan->errors[message->queue] != 0)
            continue;
        if (is_stopped(scanner))
            return false;
        if (checked++ < RECHECKS_MAX && is_elsewhere(scanner, root, message))
            message->scan = scanner->scan->number;
        else
            message->is_gone = 1;
    }
    message_table_sweep(scanner->table);
    return true;
}

bool queue_scan_run(struct queue_scan *scan, int root, struct message_table *table, const atomic_bool *stop)
{
    // A message goes from incoming to active and from there to deferred, and back to active.
    static const enum queue_name order[] = {QUEUE_INCOMING, QUEUE_DEFERRED, QUEUE_ACTIVE, QUEUE_HOLD};
    struct scanner scanner = {.scan = scan, .table = table, .stop = stop};
    *scan = (struct queue_scan){.number = (uint8_t)(scan->number % UINT8_MAX + 1)};
    for (unsigned i = 0; i < QUEUE_NAMES; i++) {
        scanner.queue = order[i];
        if (!scan_folder(&scanner, root, queue_name_word(order[i]), 0))
            return false;
    }
    return sweep(&scanner, root);
}
