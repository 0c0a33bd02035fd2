// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/cycle.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/memory.h"
#include "queuewatch/queue/envelope_file.h"
#include "queuewatch/queue/flush_reader.h"
#include "queuewatch/queue/postqueue.h"
#include "queuewatch/queue/queue_scan.h"
#include "queuewatch/tally/oldest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    STAYS_S = 60
}; // a message of this age, or one that a second scan has seen, does not only pass through

struct cycle {
    struct cycle_spec spec;
    struct watch_list *list;
    struct message_table *table;
    struct flush_reader logs;
    struct queue_scan scan;
    int root;        // Postfix's queue directory, as of the last cycle; -1: none
    uint8_t walk;    // number of the walk, from 1
    bool is_walking; // else only messages without targets are read
    size_t at;       // the next slot to look at
    size_t passed;   // slots looked at since something was read
    bool by_postqueue;
    int64_t now; // clock_wall, of the last count
};

enum {
    FAULT_UNREADABLE,
    FAULT_NO_LOGS,
    FAULT_LOGS_TOUCHED,
    FAULT_LOGS,
    FAULT_BROKEN,
    FAULT_FULL,
    FAULT_POSTQUEUE
};

static struct fault faults[] = {
    [FAULT_UNREADABLE] = {.name = "queue-unreadable",
                          .text = "the queue cannot be read, so its figures are incomplete",
                          .advice =
                              "check queue_directory and, with systemd, CAP_DAC_READ_SEARCH in the unit",
                          .interval_ms = 3600000},
    [FAULT_NO_LOGS] = {.name = "no-flush-logs",
                       .text = "Postfix keeps no flush logs, so envelopes are read instead",
                       .advice = "set fast_flush_domains = $relay_domains in main.cf",
                       .is_warning = true,
                       .interval_ms = 86400000},
    [FAULT_LOGS_TOUCHED] = {.name = "flush-logs-touched",
                            .text = "flush logs are not read, since that would set their access times, by "
                                    "which Postfix refreshes them; envelopes are read instead",
                            .advice = "run it by its unit, or start it as root",
                            .is_warning = true,
                            .interval_ms = 86400000},
    [FAULT_LOGS] = {.name = "flush-logs-unreadable",
                    .text = "flush logs cannot be read, so envelopes are read instead",
                    .advice = "check the folder flush in queue_directory",
                    .is_warning = true,
                    .interval_ms = 3600000},
    [FAULT_BROKEN] = {.name = "broken-file",
                      .text = "a queue file has no envelope that can be read, so its domains are unknown",
                      .advice = "see whether Postfix can read it: postcat -e -q ID",
                      .is_warning = true,
                      .by_subject = true},
    [FAULT_FULL] = {.name = "queue-too-big",
                    .text =
                        "more messages are in the queue than messages_max, and the others are not counted",
                    .advice = "raise messages_max",
                    .interval_ms = 3600000},
    [FAULT_POSTQUEUE] = {.name = "postqueue-failed",
                         .text = "postqueue cannot tell what is in the queue either",
                         .advice = "see whether this account may run postqueue -j (authorized_mailq_users)",
                         .interval_ms = 3600000},
};

void cycle_register(void)
{
    fault_register(faults, sizeof faults / sizeof faults[0], "emailgency_queuewatch_errors_total");
}

static void report(unsigned fault, const char *what, int error)
{
    char subject[256];
    snprintf(subject, sizeof subject, "%s: %s", what, strerror(error));
    (void)fault_report(&faults[fault], subject);
}

struct cycle *cycle_create(const struct cycle_spec *spec)
{
    struct cycle *cycle = memory_or_exit(calloc(1, sizeof *cycle));
    cycle->spec = *spec;
    cycle->table = message_table_create(spec->messages_max);
    cycle->root = -1;
    cycle->walk = 1;
    return cycle;
}

void cycle_destroy(struct cycle *cycle)
{
    if (!cycle)
        return;
    if (cycle->root >= 0)
        close(cycle->root);
    flush_reader_finish(&cycle->logs);
    message_table_destroy(cycle->table);
    watch_list_destroy(cycle->list);
    free(cycle);
}

// A domain that is gone maps to MESSAGE_OTHER.
static uint32_t *map_targets(const struct watch_list *from, const struct watch_list *to)
{
    const uint32_t count = watch_list_targets(from);
    uint32_t *map = memory_or_exit(calloc((size_t)count + 1, sizeof *map));
    char name[WATCH_NAME_MAX];
    for (uint32_t i = 0; i < count; i++) {
        const size_t len = watch_list_name(from, i, name);
        const uint32_t target = watch_list_target(to, slice_make(name, len));
        map[i] = target == WATCH_NONE ? MESSAGE_OTHER : target;
    }
    return map;
}

// Messages of none of the old domains may be of a new one: their envelopes are read once more.
static void read_others_again(struct cycle *cycle)
{
    for (size_t slot = 0; slot < message_table_slots(cycle->table); slot++) {
        const uint32_t *targets;
        struct message *message = message_table_slot(cycle->table, slot);
        if (message && message->source == MESSAGE_ENVELOPE &&
            message_table_targets(cycle->table, message, &targets) == 0)
            message->walk = 0;
    }
}

void cycle_set_list(struct cycle *cycle, struct watch_list *list)
{
    if (cycle->list) {
        uint32_t *map = map_targets(cycle->list, list);
        message_table_map_targets(cycle->table, map);
        free(map);
        read_others_again(cycle);
        watch_list_destroy(cycle->list);
    }
    cycle->list = list;
    cycle->passed = 0;
    flush_reader_forget(&cycle->logs);
}

const struct watch_list *cycle_list(const struct cycle *cycle)
{
    return cycle->list;
}

// Opened for each cycle, so that a file system that is mounted over it later is seen.
static bool open_root(struct cycle *cycle)
{
    if (cycle->root >= 0)
        close(cycle->root);
    cycle->root = open(cycle->spec.queue_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return cycle->root >= 0;
}

// The errno of the first queue that could not be read, 0: none.
static int first_error(const struct queue_scan *scan, unsigned *queue)
{
    for (unsigned i = 0; i < QUEUE_NAMES; i++) {
        if (scan->errors[i] != 0) {
            *queue = i;
            return scan->errors[i];
        }
    }
    return 0;
}

static void read_logs(struct cycle *cycle)
{
    const enum flush_reader_rc rc =
        flush_reader_run(&cycle->logs, cycle->root, cycle->list, cycle->table, cycle->walk);
    if (rc == FLUSH_READER_NONE)
        (void)fault_report(&faults[FAULT_NO_LOGS], cycle->spec.queue_directory);
    else if (rc == FLUSH_READER_TOUCHES)
        (void)fault_report(&faults[FAULT_LOGS_TOUCHED], cycle->spec.queue_directory);
    else if (rc == FLUSH_READER_UNREADABLE)
        report(FAULT_LOGS, cycle->spec.queue_directory, errno);
}

static bool ask_postqueue(struct cycle *cycle)
{
    struct problem problem;
    cycle->by_postqueue = true;
    cycle->scan = (struct queue_scan){.number = (uint8_t)(cycle->scan.number % UINT8_MAX + 1)};
    if (postqueue_run(cycle->spec.postfix_config, cycle->table, cycle->list, cycle->scan.number,
                      cycle->spec.stop, &problem))
        return true;
    (void)fault_report(&faults[FAULT_POSTQUEUE], problem.text);
    return false;
}

// Returns whether all of the queue was seen.
static bool look(struct cycle *cycle)
{
    unsigned queue = 0;
    cycle->by_postqueue = false;
    if (!open_root(cycle)) {
        report(FAULT_UNREADABLE, cycle->spec.queue_directory, errno);
        return ask_postqueue(cycle);
    }
    if (!queue_scan_run(&cycle->scan, cycle->root, cycle->table, cycle->spec.stop))
        return false;
    const int error = first_error(&cycle->scan, &queue);
    if (error != 0)
        report(FAULT_UNREADABLE, queue_name_word(queue), error);
    if (error == EACCES)
        return ask_postqueue(cycle);
    if (cycle->scan.left_out > 0)
        (void)fault_report(&faults[FAULT_FULL], NULL);
    read_logs(cycle);
    return error == 0 && cycle->scan.left_out == 0;
}

bool cycle_run(struct cycle *cycle, struct cycle_result *out)
{
    const int64_t begun = clock_mono_us();
    out->postfix = postfix_master_look(cycle->spec.queue_directory);
    out->complete = look(cycle);
    cycle->passed = 0;
    if (atomic_load(cycle->spec.stop))
        return false;
    cycle_recount(cycle, &out->tally);
    out->took_us = clock_mono_us() - begun;
    return true;
}

void cycle_recount(struct cycle *cycle, struct tally *out)
{
    cycle->now = clock_wall();
    tally_count(out, cycle->table, cycle->list, cycle->now);
}

void cycle_begin_walk(struct cycle *cycle)
{
    cycle->walk = (uint8_t)(cycle->walk % UINT8_MAX + 1);
    cycle->is_walking = true;
    cycle->passed = 0;
    flush_reader_forget(&cycle->logs);
}

static bool is_unknown(const struct message *message)
{
    return message->source == MESSAGE_UNSEEN ||
           (message->source == MESSAGE_LOGGED && (message->arrival == 0 || message->is_doubtful));
}

// Messages that only pass through are not read.
static bool stays(const struct cycle *cycle, const struct message *message)
{
    return message->is_known || (message->arrival != 0 && cycle->now - (int64_t)message->arrival >= STAYS_S);
}

static bool is_due(const struct cycle *cycle, const struct message *message)
{
    if (is_unknown(message))
        return stays(cycle, message);
    return message->walk == 0 || (cycle->is_walking && message->walk != cycle->walk);
}

static void read_envelope(struct cycle *cycle, struct message *message)
{
    char id[QUEUE_ID_MAX];
    const struct queue_id name = message_table_id(message);
    switch (envelope_file_read(cycle->root, cycle->table, message, cycle->list)) {
    case ENVELOPE_FILE_OK:
        message->source = MESSAGE_ENVELOPE;
        break;
    case ENVELOPE_FILE_GONE: // for the next scan to find
        break;
    case ENVELOPE_FILE_BROKEN:
        message->source = MESSAGE_BROKEN;
        (void)queue_id_format(&name, id);
        (void)fault_report(&faults[FAULT_BROKEN], id);
        break;
    case ENVELOPE_FILE_UNREADABLE:
        report(FAULT_UNREADABLE, "an envelope", errno);
        break;
    }
    message->walk = cycle->walk;
}

size_t cycle_read(struct cycle *cycle, size_t max)
{
    size_t count = 0;
    const size_t slots = message_table_slots(cycle->table);
    if (!cycle->list || cycle->by_postqueue || cycle->root < 0)
        return 0;
    for (; count < max && cycle->passed < slots && !atomic_load(cycle->spec.stop); cycle->passed++) {
        cycle->at = cycle->at + 1 < slots ? cycle->at + 1 : 0;
        struct message *message = message_table_slot(cycle->table, cycle->at);
        if (!message || !is_due(cycle, message))
            continue;
        read_envelope(cycle, message);
        count++;
    }
    if (cycle->passed >= slots)
        cycle->is_walking = false;
    return count;
}

size_t cycle_oldest(struct cycle *cycle, struct slice domain, size_t max, struct message *out)
{
    const uint32_t target = cycle->list ? watch_list_target(cycle->list, domain) : WATCH_NONE;
    return target == WATCH_NONE ? 0 : oldest_find(cycle->table, target, max, out);
}
