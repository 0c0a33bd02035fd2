// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/sample.h"

#include "base/memory.h"
#include "wire/netstring.h"

#include <stdlib.h>

// The head's place is kept free.
static void begin(struct sample *sample)
{
    sample->size = 4096;
    sample->len = NETSTRING_HEAD_MAX;
    sample->memory = memory_or_exit(malloc(sample->size));
}

static void add(struct sample *sample, const struct queue_line *line)
{
    if (sample->size - sample->len <= QUEUE_LINE_MAX) {
        sample->size *= 2;
        sample->memory = memory_or_exit(realloc(sample->memory, sample->size));
    }
    sample->len += queue_line_format(line, sample->memory + sample->len);
}

static void end(struct sample *sample)
{
    char head[NETSTRING_HEAD_MAX];
    const size_t head_len = netstring_head(sample->len - NETSTRING_HEAD_MAX, head);
    char *reply = sample->memory + NETSTRING_HEAD_MAX - head_len;
    memcpy(reply, head, head_len);
    sample->memory[sample->len++] = ',';
    sample->reply = slice_make(reply, (size_t)(sample->memory + sample->len - reply));
}

void sample_finish(struct sample *sample)
{
    free(sample->memory);
    *sample = (struct sample){0};
}

static void add_targets(struct sample *sample, const struct tally *tally, const struct watch_list *list)
{
    char name[WATCH_NAME_MAX];
    for (uint32_t i = 0; i < watch_list_targets(list); i++) {
        const struct tally_count *count = &tally->targets[i];
        if (count->messages == 0)
            continue;
        const size_t len = watch_list_name(list, i, name);
        add(sample, &(struct queue_line){.kind = QUEUE_LINE_DOMAIN,
                                         .domain = {.name = slice_make(name, len),
                                                    .messages = count->messages,
                                                    .late = count->late,
                                                    .oldest = count->oldest}});
    }
}

void sample_write(struct sample *out, const struct tally *tally, const struct watch_list *list, int64_t at,
                  bool complete)
{
    begin(out);
    add(out, &(struct queue_line){.kind = QUEUE_LINE_CYCLE,
                                  .cycle = {.at = at, .complete = complete, .unknown = tally->unknown}});
    for (unsigned i = 0; i < QUEUE_NAMES; i++)
        add(out, &(struct queue_line){.kind = QUEUE_LINE_QUEUE,
                                      .queue = {.name = (enum queue_name)i,
                                                .messages = tally->queues[i].messages,
                                                .oldest = tally->queues[i].oldest}});
    add_targets(out, tally, list);
    end(out);
}

void sample_write_messages(struct sample *out, const struct message *messages, size_t count)
{
    char text[QUEUE_ID_MAX];
    begin(out);
    for (size_t i = 0; i < count; i++) {
        const struct queue_id id = message_table_id(&messages[i]);
        const size_t len = queue_id_format(&id, text);
        add(out, &(struct queue_line){.kind = QUEUE_LINE_MESSAGE,
                                      .message = {.id = slice_make(text, len),
                                                  .arrival = messages[i].arrival,
                                                  .queue = (enum queue_name)messages[i].queue}});
    }
    end(out);
}

void sample_write_error(struct sample *out, const char *text)
{
    begin(out);
    add(out, &(struct queue_line){.kind = QUEUE_LINE_ERROR, .error = slice_from(text)});
    end(out);
}
