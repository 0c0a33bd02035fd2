// SPDX-License-Identifier: BSD-2-Clause
#include "wire/queue_codec.h"

#include <inttypes.h>
#include <stdio.h>

#define WORD_MAX 255

static const char *const names[QUEUE_NAMES] = {[QUEUE_INCOMING] = "incoming",
                                               [QUEUE_ACTIVE] = "active",
                                               [QUEUE_DEFERRED] = "deferred",
                                               [QUEUE_HOLD] = "hold"};

const char *queue_name_word(unsigned queue)
{
    return names[queue];
}

// Printable ASCII without blanks, as a name and an id are.
static bool is_word(struct slice text)
{
    if (text.len == 0 || text.len > WORD_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

static struct slice take_word(struct slice *rest)
{
    struct slice word;
    slice_split(*rest, ' ', &word, rest);
    return word;
}

static bool take_count(struct slice *rest, unsigned long long max, uint64_t *out)
{
    unsigned long long number;
    if (!slice_number(take_word(rest), max, &number))
        return false;
    *out = number;
    return true;
}

static bool take_time(struct slice *rest, int64_t *out)
{
    uint64_t number;
    if (!take_count(rest, INT64_MAX, &number))
        return false;
    *out = (int64_t)number;
    return true;
}

static bool take_queue(struct slice *rest, enum queue_name *out)
{
    const struct slice word = take_word(rest);
    for (unsigned i = 0; i < QUEUE_NAMES; i++) {
        if (slice_equal(word, slice_from(names[i]))) {
            *out = (enum queue_name)i;
            return true;
        }
    }
    return false;
}

bool queue_request_parse(struct slice in, struct queue_request *out)
{
    uint64_t count;
    const struct slice word = take_word(&in);
    if (slice_equal(word, SLICE("sample"))) {
        out->kind = QUEUE_REQUEST_SAMPLE;
        return in.len == 0;
    }
    if (!slice_equal(word, SLICE("messages")))
        return false;
    out->kind = QUEUE_REQUEST_MESSAGES;
    out->domain = take_word(&in);
    if (!is_word(out->domain) || !take_count(&in, QUEUE_MESSAGES_MAX, &count) || count == 0)
        return false;
    out->count = (unsigned)count;
    return in.len == 0;
}

// The length that snprintf returned; 0 where the text did not fit.
static size_t written(int len, size_t size)
{
    return len > 0 && (size_t)len < size ? (size_t)len : 0;
}

size_t queue_request_format(const struct queue_request *request, char out[QUEUE_REQUEST_MAX])
{
    const struct slice domain = request->domain;
    if (request->kind == QUEUE_REQUEST_SAMPLE)
        return written(snprintf(out, QUEUE_REQUEST_MAX, "sample"), QUEUE_REQUEST_MAX);
    if (!is_word(domain) || request->count == 0 || request->count > QUEUE_MESSAGES_MAX)
        return 0;
    return written(
        snprintf(out, QUEUE_REQUEST_MAX, "messages %.*s %u", (int)domain.len, domain.ptr, request->count),
        QUEUE_REQUEST_MAX);
}

static int format_domain(const struct queue_domain *domain, char out[QUEUE_LINE_MAX])
{
    if (!is_word(domain->name))
        return 0;
    return snprintf(out, QUEUE_LINE_MAX, "domain %.*s %" PRIu64 " %" PRIu64 " %" PRId64 "\n",
                    (int)domain->name.len, domain->name.ptr, domain->messages, domain->late, domain->oldest);
}

static int format_message(const struct queue_message *message, char out[QUEUE_LINE_MAX])
{
    if (!is_word(message->id))
        return 0;
    return snprintf(out, QUEUE_LINE_MAX, "message %.*s %" PRId64 " %s\n", (int)message->id.len,
                    message->id.ptr, message->arrival, names[message->queue]);
}

static int format_error(struct slice text, char out[QUEUE_LINE_MAX])
{
    if (memchr(text.ptr, '\n', text.len))
        return 0;
    return snprintf(out, QUEUE_LINE_MAX, "error %.*s\n", (int)text.len, text.ptr);
}

static int format_line(const struct queue_line *line, char out[QUEUE_LINE_MAX])
{
    switch (line->kind) {
    case QUEUE_LINE_CYCLE:
        return snprintf(out, QUEUE_LINE_MAX, "cycle %" PRId64 " %s %" PRIu64 "\n", line->cycle.at,
                        line->cycle.complete ? "complete" : "incomplete", line->cycle.unknown);
    case QUEUE_LINE_QUEUE:
        return snprintf(out, QUEUE_LINE_MAX, "queue %s %" PRIu64 " %" PRId64 "\n", names[line->queue.name],
                        line->queue.messages, line->queue.oldest);
    case QUEUE_LINE_DOMAIN:
        return format_domain(&line->domain, out);
    case QUEUE_LINE_MESSAGE:
        return format_message(&line->message, out);
    case QUEUE_LINE_ERROR:
        return format_error(line->error, out);
    }
    return 0;
}

size_t queue_line_format(const struct queue_line *line, char out[QUEUE_LINE_MAX])
{
    return written(format_line(line, out), QUEUE_LINE_MAX);
}

static bool parse_cycle(struct slice in, struct queue_line *out)
{
    out->kind = QUEUE_LINE_CYCLE;
    if (!take_time(&in, &out->cycle.at))
        return false;
    const struct slice word = take_word(&in);
    out->cycle.complete = slice_equal(word, SLICE("complete"));
    return (out->cycle.complete || slice_equal(word, SLICE("incomplete"))) &&
           take_count(&in, UINT64_MAX, &out->cycle.unknown);
}

static bool parse_queue(struct slice in, struct queue_line *out)
{
    out->kind = QUEUE_LINE_QUEUE;
    return take_queue(&in, &out->queue.name) && take_count(&in, UINT64_MAX, &out->queue.messages) &&
           take_time(&in, &out->queue.oldest);
}

static bool parse_domain(struct slice in, struct queue_line *out)
{
    out->kind = QUEUE_LINE_DOMAIN;
    out->domain.name = take_word(&in);
    return is_word(out->domain.name) && take_count(&in, UINT64_MAX, &out->domain.messages) &&
           take_count(&in, UINT64_MAX, &out->domain.late) && take_time(&in, &out->domain.oldest);
}

static bool parse_message(struct slice in, struct queue_line *out)
{
    out->kind = QUEUE_LINE_MESSAGE;
    out->message.id = take_word(&in);
    return is_word(out->message.id) && take_time(&in, &out->message.arrival) &&
           take_queue(&in, &out->message.queue);
}

static bool parse_error(struct slice in, struct queue_line *out)
{
    out->kind = QUEUE_LINE_ERROR;
    out->error = in;
    return true;
}

// Words that a later release adds at the end of a line are passed over, too.
static enum queue_line_rc parse_line(struct slice line, struct queue_line *out)
{
    static const struct {
        const char *word;
        bool (*parse)(struct slice in, struct queue_line *out);
    } kinds[] = {{"domain", parse_domain},
                 {"message", parse_message},
                 {"queue", parse_queue},
                 {"cycle", parse_cycle},
                 {"error", parse_error}};
    const struct slice word = take_word(&line);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (slice_equal(word, slice_from(kinds[i].word)))
            return kinds[i].parse(line, out) ? QUEUE_LINE_OK : QUEUE_LINE_BAD;
    return QUEUE_LINE_END;
}

enum queue_line_rc queue_line_next(struct slice *rest, struct queue_line *out)
{
    struct slice line;
    while (rest->len > 0) {
        if (!slice_split(*rest, '\n', &line, rest))
            return QUEUE_LINE_BAD;
        const enum queue_line_rc rc = parse_line(line, out);
        if (rc != QUEUE_LINE_END)
            return rc;
    }
    return QUEUE_LINE_END;
}
