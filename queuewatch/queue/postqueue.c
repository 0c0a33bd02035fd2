// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queue/postqueue.h"

#include "io/postfix_program.h"
#include "wire/queue_codec.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4 << 20 }; // of a message with very many recipients; a longer one is passed over

static struct slice text_of(json_t *object, const char *key)
{
    return slice_from(json_string_value(json_object_get(object, key)));
}

static bool find_queue(struct slice name, unsigned *out)
{
    for (unsigned i = 0; i < QUEUE_NAMES; i++) {
        if (slice_equal(name, slice_from(queue_name_word(i)))) {
            *out = i;
            return true;
        }
    }
    return false;
}

static void add_targets(struct message_table *table, struct message *message, json_t *recipients,
                        const struct watch_list *list)
{
    size_t i;
    json_t *recipient;
    message_table_set_none(table, message, MESSAGE_OTHER);
    json_array_foreach(recipients, i, recipient)
    {
        struct slice local, domain;
        if (!slice_split_last(text_of(recipient, "address"), '@', &local, &domain))
            continue;
        const uint32_t target = watch_list_target(list, domain);
        if (target != WATCH_NONE)
            message_table_add_target(table, message, target);
    }
}

// Queues that are not watched, as maildrop, are passed over.
static void take_line(struct slice line, struct message_table *table, const struct watch_list *list,
                      uint8_t scan)
{
    unsigned queue;
    struct queue_id id;
    json_t *object = json_loadb(line.ptr, line.len, 0, NULL);
    const json_int_t arrival = json_integer_value(json_object_get(object, "arrival_time"));
    if (find_queue(text_of(object, "queue_name"), &queue) &&
        queue_id_parse(text_of(object, "queue_id"), &id)) {
        struct message *message = message_table_put(table, &id);
        if (message) {
            add_targets(table, message, json_object_get(object, "recipients"), list);
            message->queue = queue & 3;
            message->source = MESSAGE_ENVELOPE;
            message->is_known = 1;
            message->scan = scan;
            if (message->is_short && arrival > 0 && arrival <= UINT32_MAX)
                message->arrival = (uint32_t)arrival;
        }
    }
    json_decref(object);
}

static bool take_output(FILE *in, struct message_table *table, const struct watch_list *list, uint8_t scan,
                        const atomic_bool *stop)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    while ((len = getline(&line, &size, in)) > 0 && !atomic_load(stop))
        if (len <= LINE_MAX_BYTES)
            take_line(slice_make(line, (size_t)len), table, list, scan);
    free(line);
    return len < 0 && !atomic_load(stop);
}

static void take_out_others(struct message_table *table, uint8_t scan)
{
    for (size_t slot = 0; slot < message_table_slots(table); slot++) {
        struct message *message = message_table_slot(table, slot);
        if (message && message->scan != scan)
            message->is_gone = 1;
    }
    message_table_sweep(table);
}

bool postqueue_run(const char *config, struct message_table *table, const struct watch_list *list,
                   uint8_t scan, const atomic_bool *stop, struct problem *problem)
{
    char *arguments[] = {"postqueue", "-j", *config ? "-c" : NULL, (char *)config, NULL};
    int ends[2], status = -1;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return problem_set(problem, "no pipe to postqueue: %s", strerror(errno));
    const bool spawned = postfix_program_spawn(arguments, ends[1], &pid);
    close(ends[1]);
    FILE *in = spawned ? fdopen(ends[0], "r") : NULL;
    const bool taken = in && take_output(in, table, list, scan, stop);
    if (in)
        fclose(in);
    else
        close(ends[0]);
    if (spawned && !taken)
        kill(pid, SIGKILL);
    if (spawned)
        (void)waitpid(pid, &status, 0);
    take_out_others(table, scan);
    if (!spawned)
        return problem_set(problem, "postqueue cannot be started");
    return (taken && status == 0) || problem_set(problem, "postqueue -j failed with status %d", status);
}
