// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/batch/trace_batch.h"

void trace_batch_clear(struct trace_batch *batch)
{
    for (unsigned i = 0; i < TRACE_COLUMNS; i++)
        trace_column_clear(&batch->columns[i]);
    batch->messages = batch->events = batch->sent = 0;
}

void trace_batch_finish(struct trace_batch *batch)
{
    for (unsigned i = 0; i < TRACE_COLUMNS; i++)
        trace_column_finish(&batch->columns[i]);
}

void trace_batch_message(struct trace_batch *batch, const struct trace_message *message)
{
    struct trace_column *at = batch->columns;
    trace_column_number(at++, message->id);
    trace_column_time(at++, message->time);
    trace_column_word(at++, message->queue_id);
    trace_column_word(at++, message->client);
    trace_column_text(at++, message->client_name, TRACE_NAME_MAX);
    trace_column_text(at++, message->helo, TRACE_NAME_MAX);
    trace_column_text(at++, message->tls, TRACE_NAME_MAX);
    trace_column_text(at++, message->login, TRACE_ADDRESS_MAX);
    trace_column_text(at++, message->sender, TRACE_ADDRESS_MAX);
    trace_column_text(at++, message->message_id, TRACE_TEXT_MAX);
    trace_column_number(at++, message->size);
    trace_column_number(at++, message->recipients < INT32_MAX ? message->recipients : INT32_MAX);
    trace_column_time(at++, message->queued);
    trace_column_time(at++, message->removed);
    trace_column_word(at++, message->parent);
    trace_column_flag(at++, message->is_orphan);
    trace_column_flag(at++, message->again);
    batch->messages++;
}

void trace_batch_event(struct trace_batch *batch, const struct trace_event *event)
{
    struct trace_column *at = batch->columns + TRACE_MESSAGE_COLUMNS;
    trace_column_number(at++, event->message);
    trace_column_time(at++, event->message_time);
    trace_column_number(at++, event->id);
    trace_column_time(at++, event->time);
    trace_column_word(at++, event->kind);
    trace_column_text(at++, event->recipient, TRACE_ADDRESS_MAX);
    trace_column_text(at++, event->domain, TRACE_NAME_MAX);
    trace_column_text(at++, event->login_domain, TRACE_NAME_MAX);
    trace_column_word(at++, event->action);
    trace_column_text(at++, event->reason, TRACE_WORD_MAX);
    trace_column_text(at++, event->rule, TRACE_NAME_MAX);
    trace_column_text(at++, event->host, TRACE_NAME_MAX);
    trace_column_text(at++, event->reply, TRACE_TEXT_MAX);
    trace_column_time(at++, event->delay);
    trace_column_time(at++, event->next_try);
    trace_column_number(at++, event->size);
    trace_column_flag(at++, event->first);
    trace_column_flag(at++, event->again);
    trace_column_flag(at++, event->is_copy);
    batch->events++;
}

void trace_batch_sent(struct trace_batch *batch, const struct trace_sent *sent)
{
    struct trace_column *at = batch->columns + TRACE_MESSAGE_COLUMNS + TRACE_EVENT_COLUMNS;
    trace_column_time(at++, sent->time);
    trace_column_text(at++, sent->login, TRACE_ADDRESS_MAX);
    trace_column_number(at++, sent->messages);
    trace_column_number(at++, sent->recipients);
    trace_column_number(at++, sent->bytes);
    batch->sent++;
}

size_t trace_batch_size(const struct trace_batch *batch)
{
    size_t size = 0;
    for (unsigned i = 0; i < TRACE_COLUMNS; i++)
        size += batch->columns[i].len;
    return size;
}

void trace_batch_literals(struct trace_batch *batch, const char *out[TRACE_COLUMNS])
{
    for (unsigned i = 0; i < TRACE_COLUMNS; i++)
        out[i] = trace_column_literal(&batch->columns[i]);
}
