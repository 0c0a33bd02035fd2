// SPDX-License-Identifier: BSD-2-Clause
#include "milter/callbacks.h"

#include "base/clock.h"
#include "milter/message.h"
#include "milter/message_edit.h"
#include "milter/message_log.h"
#include "milter/session.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

// Events without a reply, if the MTA supports that: it does not wait for one then.
#define NO_REPLY_EVENTS (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_HDR | SMFIP_NR_BODY)
// Recipients that the MTA refused, unknown commands, DATA and the end of the header are not needed: each
// event that is not sent makes mail faster. Header values include the space after the colon, so that every
// byte is counted.
#define WANTED (NO_REPLY_EVENTS | SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC)
#define ACTIONS                                                                                              \
    (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_ADDRCPT_PAR | SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_CHGFROM |     \
     SMFIF_SETSYMLIST)

static atomic_int in_flight; // events that use the rows or wait for a check
static atomic_bool closing;
static atomic_bool postconf_original_recipients = true; // Postfix's default

void callbacks_set_original_recipients(bool original_recipients)
{
    atomic_store(&postconf_original_recipients, original_recipients);
}

// Each enter must be followed by a leave. NULL: let the event pass.
static struct session *enter(SMFICTX *ctx)
{
    atomic_fetch_add(&in_flight, 1);
    return atomic_load(&closing) ? NULL : smfi_getpriv(ctx);
}

static void leave(void)
{
    atomic_fetch_sub(&in_flight, 1);
}

bool callbacks_close(int64_t within_ms)
{
    const int64_t until = clock_mono_ms() + within_ms;
    const struct timespec pause = {.tv_nsec = 5000000};
    atomic_store(&closing, true);
    while (atomic_load(&in_flight) > 0 && clock_mono_ms() < until)
        nanosleep(&pause, NULL);
    return atomic_load(&in_flight) == 0;
}

static sfsistat go_on(const struct session *session, unsigned long event)
{
    return session && (session->no_reply & event) ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static struct slice macro(SMFICTX *ctx, char *name)
{
    return slice_from(smfi_getsymval(ctx, name));
}

static void read_queue_id(SMFICTX *ctx, struct session *session)
{
    (void)slice_copy(macro(ctx, "i"), session->message.queue_id, sizeof session->message.queue_id);
}

// The session begins here: it keeps what is negotiated for the connection.
static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long protocol,
                             unsigned long unused2, unsigned long unused3, unsigned long *wanted_actions,
                             unsigned long *wanted, unsigned long *out2, unsigned long *out3)
{
    struct session *session = session_create();
    (void)unused2, (void)unused3;
    if (!session) {
        message_log_fault(MESSAGE_LOG_NO_MEMORY, NULL);
        return SMFIS_REJECT; // of the milter: the MTA applies its default action
    }
    session->no_reply = protocol & NO_REPLY_EVENTS;
    session->leading_space = protocol & SMFIP_HDR_LEADSPC;
    *wanted_actions = actions & ACTIONS;
    *wanted = protocol & WANTED;
    *out2 = *out3 = 0;
    (void)smfi_setpriv(ctx, session);
    if (actions & SMFIF_SETSYMLIST) {
        (void)smfi_setsymlist(ctx, SMFIM_CONNECT, "j");
        (void)smfi_setsymlist(ctx, SMFIM_ENVFROM, "{auth_authen} {mail_addr}");
        (void)smfi_setsymlist(ctx, SMFIM_ENVRCPT, "i {rcpt_addr}");
        (void)smfi_setsymlist(ctx, SMFIM_EOM, "i {enable_original_recipient}");
    }
    return SMFIS_CONTINUE;
}

static bool read_client(const _SOCK_ADDR *address, struct ip *out)
{
    char text[INET6_ADDRSTRLEN] = "";
    const void *bytes = NULL;
    if (address && address->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else if (address && address->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return bytes && inet_ntop(address->sa_family, bytes, text, sizeof text) &&
           ip_parse(slice_from(text), out);
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
    struct session *session = smfi_getpriv(ctx);
    if (!session)
        return SMFIS_CONTINUE;
    const struct slice given = slice_from(name);
    session->client.known = read_client(address, &session->client.address);
    if (!address_domain_valid(given) ||
        !slice_copy_lower(given, session->client.name, sizeof session->client.name))
        (void)slice_copy(SLICE("unknown"), session->client.name, sizeof session->client.name);
    (void)slice_copy(macro(ctx, "j"), session->mta, sizeof session->mta);
    return go_on(session, SMFIP_NR_CONN);
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    struct session *session = smfi_getpriv(ctx);
    if (session)
        (void)slice_copy(slice_from(name), session->helo, sizeof session->helo);
    return go_on(session, SMFIP_NR_HELO);
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
    struct session *session = enter(ctx);
    if (session)
        message_mail(session, (const char *const *)arguments, macro(ctx, "{mail_addr}"),
                     macro(ctx, "{auth_authen}"));
    leave();
    return go_on(smfi_getpriv(ctx), SMFIP_NR_MAIL);
}

static sfsistat answer(SMFICTX *ctx, struct reply_text *reply)
{
    if (!reply->code[0])
        return SMFIS_CONTINUE;
    if (smfi_setreply(ctx, reply->code, reply->status, reply->text) != MI_SUCCESS)
        message_log_fault(MESSAGE_LOG_EDIT, "reply");
    return reply->code[0] == '4' ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments)
{
    struct session *session = enter(ctx);
    struct reply_text reply = {.code = ""};
    if (session) {
        read_queue_id(ctx, session);
        message_rcpt(session, (const char *const *)arguments, macro(ctx, "{rcpt_addr}"), &reply);
    }
    leave();
    return answer(ctx, &reply);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct session *session = smfi_getpriv(ctx);
    if (session)
        message_header(session, slice_from(name), slice_from(value));
    return go_on(session, SMFIP_NR_HDR);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t count)
{
    struct session *session = smfi_getpriv(ctx);
    (void)bytes;
    if (session)
        message_bytes(session, count);
    return go_on(session, SMFIP_NR_BODY);
}

// Postfix's parameter of that name, from milter_macro_defaults; without it, as postconf(1) reported at start.
static bool has_original_recipients(struct slice parameter)
{
    return parameter.len > 0 ? slice_equal_nocase(parameter, SLICE("yes"))
                             : atomic_load(&postconf_original_recipients);
}

static sfsistat on_end_of_message(SMFICTX *ctx)
{
    struct session *session = enter(ctx);
    struct message_rules rules;
    struct reply_text reply = {.code = ""};
    if (session) {
        read_queue_id(ctx, session);
        session->original_recipients = has_original_recipients(macro(ctx, "{enable_original_recipient}"));
        message_read_rules(session, &rules);
        const enum message_log_end end = message_end(session, &rules, &reply);
        if (end == MESSAGE_LOG_ACCEPTED)
            message_edit(session, &rules, ctx);
        message_log_message(session, end);
        session_begin_message(session);
    }
    leave();
    return answer(ctx, &reply);
}

static sfsistat on_abort(SMFICTX *ctx)
{
    struct session *session = smfi_getpriv(ctx);
    if (session)
        session_begin_message(session);
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
    session_destroy(smfi_getpriv(ctx));
    (void)smfi_setpriv(ctx, NULL);
    return SMFIS_CONTINUE;
}

struct smfiDesc callbacks_table(void)
{
    return (struct smfiDesc){.xxfi_name = "emailgency-milter",
                             .xxfi_version = SMFI_VERSION,
                             .xxfi_flags = ACTIONS,
                             .xxfi_connect = on_connect,
                             .xxfi_helo = on_helo,
                             .xxfi_envfrom = on_mail,
                             .xxfi_envrcpt = on_rcpt,
                             .xxfi_header = on_header,
                             .xxfi_body = on_body,
                             .xxfi_eom = on_end_of_message,
                             .xxfi_abort = on_abort,
                             .xxfi_close = on_close,
                             .xxfi_negotiate = on_negotiate};
}
