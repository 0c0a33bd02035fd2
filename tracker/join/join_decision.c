// SPDX-License-Identifier: BSD-2-Clause
#include "base/cidr.h"
#include "base/memory.h"
#include "base/slice_hash.h"
#include "tracker/join/join_state.h"

#include <stdlib.h>

static struct slice action_word(enum mail_action action)
{
    static const struct slice words[] = {[MAIL_ACTION_NONE] = {NULL, 0},
                                         [MAIL_ACTION_ACCEPT] = {"accept", 6},
                                         [MAIL_ACTION_DEFER] = {"defer", 5},
                                         [MAIL_ACTION_REJECT] = {"reject", 6}};
    return words[action];
}

static uint64_t hash_folded(struct slice address)
{
    char text[TRACE_ADDRESS_MAX + 1];
    const struct slice cut =
        slice_make(address.ptr, address.len < TRACE_ADDRESS_MAX ? address.len : TRACE_ADDRESS_MAX);
    (void)slice_copy_lower(cut, text, sizeof text);
    return slice_hash(slice_make(text, cut.len), 0);
}

static void describe(struct tracked_message *message, const struct mail_line *line)
{
    struct ip ip;
    if (line->client.len && ip_parse(line->client, &ip))
        tracked_message_put(message, TRACKED_CLIENT, line->client, TRACE_WORD_MAX);
    if (line->client_name.len)
        tracked_message_put(message, TRACKED_CLIENT_NAME, line->client_name, TRACE_NAME_MAX);
    if (line->helo.len)
        tracked_message_put(message, TRACKED_HELO, line->helo, TRACE_NAME_MAX);
    if (line->login.len)
        tracked_message_put(message, TRACKED_LOGIN, line->login, TRACE_ADDRESS_MAX);
    if (line->has_sender)
        join_emit_sender(message, line->sender);
    message->has_origin = true;
}

static bool is_other_sender(const struct tracked_message *message, const struct mail_line *line)
{
    const struct slice sender = tracked_message_text(message, TRACKED_SENDER);
    return line->has_sender && sender.ptr && !slice_equal_nocase(sender, line->sender);
}

// The transaction of a session that has no queue id yet.
static struct tracked_message *open_transaction(struct join *join, struct smtp_session *session,
                                                const struct mail_line *line)
{
    if (!session->message || session->message->is_listed || is_other_sender(session->message, line)) {
        join_table_attach(join, session, join_table_add(join, (struct slice){NULL, 0}, line->time));
        if (session->tls[0])
            tracked_message_put(session->message, TRACKED_TLS, slice_from(session->tls), SESSION_TEXT_MAX);
    }
    describe(session->message, line);
    return session->message;
}

static void emit(struct join *join, struct tracked_message *message, const struct mail_line *line,
                 struct slice recipient, struct trace_event *event)
{
    event->kind = SLICE("decided");
    event->recipient = recipient;
    event->delay = event->next_try = -1;
    join_emit_event(join, message, line, event);
}

static void emit_pending(struct join *join, const struct pending_decision *pending,
                         const struct mail_line *line, struct slice reply)
{
    const char *at = pending->text + pending->address_len;
    const struct mail_line own = {.time = pending->time};
    struct trace_event event = {
        .id = line ? -1 : pending->id,
        .time = pending->time,
        .action = action_word(line ? line->action : pending->action),
        .reason = slice_make(at, pending->reason_len),
        .rule = slice_make(pending->rule_len ? at + pending->reason_len : NULL, pending->rule_len),
        .reply = reply};
    emit(join, pending->message, line ? line : &own, slice_make(pending->text, pending->address_len), &event);
}

void join_decision_flush(struct join *join, struct smtp_session *session)
{
    for (struct pending_decision *at = session->pending, *next; at; at = next) {
        next = at->next;
        emit_pending(join, at, NULL, (struct slice){NULL, 0});
        free(at);
    }
    session->pending = NULL;
    session->pending_count = 0;
}

static void add_pending(struct join *join, struct smtp_session *session, struct tracked_message *message,
                        const struct mail_line *line)
{
    const size_t address = line->recipient.len < TRACE_ADDRESS_MAX ? line->recipient.len : TRACE_ADDRESS_MAX;
    const size_t reason = line->reason.len < TRACE_WORD_MAX ? line->reason.len : TRACE_WORD_MAX;
    const size_t rule = line->rule.len < TRACE_NAME_MAX ? line->rule.len : TRACE_NAME_MAX;
    if (session->pending_count == SESSION_PENDING_MAX)
        join_decision_flush(join, session);
    struct pending_decision *pending = memory_or_exit(calloc(1, sizeof *pending + address + reason + rule));
    *pending = (struct pending_decision){.next = session->pending,
                                         .message = message,
                                         .id = join->position,
                                         .time = line->time,
                                         .recipient = hash_folded(line->recipient),
                                         .action = line->action,
                                         .address_len = address,
                                         .reason_len = reason,
                                         .rule_len = rule};
    memcpy(pending->text, line->recipient.ptr, address);
    if (reason)
        memcpy(pending->text + address, line->reason.ptr, reason);
    if (rule)
        memcpy(pending->text + address + reason, line->rule.ptr, rule);
    session->pending = pending;
    session->pending_count++;
}

// smtpd's line of this recipient came first: the event gets the reason afterwards.
static bool amend_refusal(struct join *join, struct smtp_session *session, const struct mail_line *line)
{
    const uint64_t recipient = hash_folded(line->recipient);
    const unsigned count =
        session->refusal_count < SESSION_REFUSALS ? session->refusal_count : SESSION_REFUSALS;
    for (unsigned i = 0; i < count; i++) {
        struct refusal *refusal = &session->refusals[i];
        if (refusal->recipient != recipient)
            continue;
        const struct trace_event event = {.message = refusal->message,
                                          .message_time = refusal->message_time,
                                          .id = refusal->id,
                                          .time = refusal->time,
                                          .kind = SLICE("decided"),
                                          .action = action_word(line->action),
                                          .reason = line->reason,
                                          .rule = line->rule,
                                          .delay = -1,
                                          .next_try = -1,
                                          .size = -1,
                                          .again = true};
        if (join->batch)
            trace_batch_event(join->batch, &event);
        refusal->recipient = 0;
        return true;
    }
    return false;
}

void join_decision_take(struct join *join, const struct mail_line *line)
{
    struct tracked_message *message = line->queue_id.len ? join_table_find(join, line->queue_id) : NULL;
    struct smtp_session *session = smtp_session_find(&join->sessions, line->pid);
    if (!session)
        session = memory_or_exit(smtp_session_add(&join->sessions, line->pid, join->position, line->time));
    session->last = line->time;
    const uint64_t instance = slice_hash(line->instance, 0);
    if (line->action != MAIL_ACTION_ACCEPT && amend_refusal(join, session, line))
        return;
    if (session->instance != instance && (session->instance != 0 || session->is_closed)) {
        join_table_attach(join, session, NULL);
    }
    session->instance = instance;
    if (message)
        join_table_attach(join, session, message);
    else if (session->message)
        message = session->message;
    else
        message = open_transaction(join, session, line);
    describe(message, line);
    if (line->action != MAIL_ACTION_ACCEPT) {
        add_pending(join, session, message, line);
        return;
    }
    struct trace_event event = {
        .id = -1, .action = action_word(line->action), .reason = line->reason, .rule = line->rule};
    emit(join, message, line, line->recipient, &event);
}

static uint64_t attempt_key(const struct mail_line *line)
{
    return slice_hash(line->client, hash_folded(line->sender) * 31 + hash_folded(line->recipient)) | 1;
}

static void add_filtered(struct join *join, uint64_t key, const struct mail_line *line)
{
    struct filtered *filtered = &join->filtered[join->next_filtered++ % JOIN_FILTERED];
    filtered->key = key;
    (void)slice_copy(line->reason, filtered->reason, sizeof filtered->reason);
    (void)slice_copy(line->rule, filtered->rule, sizeof filtered->rule);
}

static struct filtered *find_filtered(struct join *join, uint64_t key)
{
    for (unsigned i = 0; i < JOIN_FILTERED; i++)
        if (join->filtered[i].key == key)
            return &join->filtered[i];
    return NULL;
}

void join_decision_filtered(struct join *join, const struct mail_line *line)
{
    struct tracked_message *message = line->queue_id.len ? join_table_find(join, line->queue_id) : NULL;
    if (line->action != MAIL_ACTION_ACCEPT)
        add_filtered(join, attempt_key(line), line);
    if (message && !message->is_written && line->helo.len)
        tracked_message_put(message, TRACKED_HELO, line->helo, TRACE_NAME_MAX);
}

void join_decision_ended(struct join *join, const struct mail_line *line)
{
    struct tracked_message *message = line->queue_id.len ? join_table_find(join, line->queue_id) : NULL;
    if (line->action != MAIL_ACTION_ACCEPT)
        add_filtered(join, slice_hash(line->queue_id, 1) | 1, line);
    if (message && line->helo.len) {
        tracked_message_put(message, TRACKED_HELO, line->helo, TRACE_NAME_MAX);
        join_table_touch(join, message);
    }
}

// The pending decision on the recipient, taken out of the session.
static struct pending_decision *take_pending(struct smtp_session *session, struct slice recipient)
{
    const uint64_t wanted = hash_folded(recipient);
    for (struct pending_decision **link = &session->pending; *link; link = &(*link)->next) {
        struct pending_decision *found = *link;
        if (found->recipient != wanted)
            continue;
        *link = found->next;
        session->pending_count--;
        return found;
    }
    return NULL;
}

static struct tracked_message *refused_message(struct join *join, struct smtp_session *session,
                                               const struct mail_line *line)
{
    struct tracked_message *message = line->queue_id.len ? join_table_find(join, line->queue_id) : NULL;
    if (message)
        return message;
    if (session && line->queue_id.len == 0)
        return open_transaction(join, session, line);
    message = join_table_add(join, line->queue_id, line->time);
    describe(message, line);
    message->is_orphan = line->queue_id.len > 0;
    return message;
}

static void emit_refusal(struct join *join, struct smtp_session *session, const struct mail_line *line)
{
    struct tracked_message *message = refused_message(join, session, line);
    struct filtered *filtered = find_filtered(join, attempt_key(line));
    if (!filtered && line->queue_id.len)
        filtered = find_filtered(join, slice_hash(line->queue_id, 1) | 1);
    describe(message, line);
    struct trace_event event = {.id = -1,
                                .action = action_word(line->action),
                                .reason = filtered ? slice_from(filtered->reason) : SLICE("postfix"),
                                .rule = filtered && filtered->rule[0] ? slice_from(filtered->rule)
                                                                      : (struct slice){NULL, 0},
                                .reply = line->reply};
    emit(join, message, line, line->recipient, &event);
    if (filtered) {
        filtered->key = 0;
    } else if (session) {
        session->refusals[session->refusal_count++ % SESSION_REFUSALS] =
            (struct refusal){.message = message->id,
                             .message_time = message->time,
                             .id = join->position,
                             .time = line->time,
                             .recipient = hash_folded(line->recipient)};
    }
    if (!session && !message->is_listed)
        join_table_forget(join, message);
}

void join_decision_refused(struct join *join, const struct mail_line *line)
{
    struct smtp_session *session = smtp_session_find(&join->sessions, line->pid);
    struct pending_decision *pending = session ? take_pending(session, line->recipient) : NULL;
    if (!pending) {
        emit_refusal(join, session, line);
        return;
    }
    describe(pending->message, line);
    emit_pending(join, pending, line, line->reply);
    free(pending);
}
