// SPDX-License-Identifier: BSD-2-Clause
// A milter that does nothing: milter_null skip|take SOCKET. With `skip` it negotiates away all events
// and answers that the MTA allows; with `take` it gets every event and answers it.
#include <libmilter/mfapi.h>

#include <err.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOLD_NOTHING                                                                                         \
    (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NOBODY | SMFIP_NOHDRS |            \
     SMFIP_NOEOH | SMFIP_NOUNKNOWN | SMFIP_NODATA)
#define ANSWERS_NOTHING                                                                                      \
    (SMFIP_NR_HDR | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA |          \
     SMFIP_NR_UNKN | SMFIP_NR_EOH | SMFIP_NR_BODY)

static unsigned long unwanted;           // events and answers that are negotiated away
static sfsistat answer = SMFIS_CONTINUE; // to all but the end of a message, which the MTA always waits for

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long protocol,
                             unsigned long unused2, unsigned long unused3, unsigned long *wanted_actions,
                             unsigned long *wanted, unsigned long *out2, unsigned long *out3)
{
    (void)ctx, (void)actions, (void)unused2, (void)unused3;
    if ((protocol & unwanted) != unwanted)
        errx(1, "the MTA does not agree to leave out what is unwanted");
    *wanted = unwanted;
    *wanted_actions = *out2 = *out3 = 0;
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
    (void)ctx, (void)name, (void)address;
    return answer;
}

static sfsistat on_text(SMFICTX *ctx, char *text)
{
    (void)ctx, (void)text;
    return answer;
}

static sfsistat on_arguments(SMFICTX *ctx, char **arguments)
{
    (void)ctx, (void)arguments;
    return answer;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx, (void)name, (void)value;
    return answer;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t count)
{
    (void)ctx, (void)bytes, (void)count;
    return answer;
}

static sfsistat on_event(SMFICTX *ctx)
{
    (void)ctx;
    return answer;
}

static sfsistat on_end(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static void read_mode(const char *mode)
{
    if (strcmp(mode, "take") != 0)
        answer = SMFIS_NOREPLY;
    if (strcmp(mode, "skip") == 0)
        unwanted = TOLD_NOTHING | ANSWERS_NOTHING;
    else if (strcmp(mode, "hear") == 0)
        unwanted = ANSWERS_NOTHING;
    else if (strcmp(mode, "take") != 0)
        errx(2, "no such mode: %s", mode);
}

int main(int argc, char **argv)
{
    static const struct smfiDesc callbacks = {.xxfi_name = "null",
                                              .xxfi_version = SMFI_VERSION,
                                              .xxfi_negotiate = on_negotiate,
                                              .xxfi_connect = on_connect,
                                              .xxfi_helo = on_text,
                                              .xxfi_envfrom = on_arguments,
                                              .xxfi_envrcpt = on_arguments,
                                              .xxfi_data = on_event,
                                              .xxfi_header = on_header,
                                              .xxfi_eoh = on_event,
                                              .xxfi_body = on_body,
                                              .xxfi_eom = on_end};
    if (argc != 3)
        errx(2, "usage: milter_null skip|hear|take SOCKET");
    read_mode(argv[1]);
    (void)umask(0); // any MTA may connect
    if (smfi_setconn(argv[2]) != MI_SUCCESS || smfi_register(callbacks) != MI_SUCCESS)
        errx(1, "cannot listen on %s", argv[2]);
    return smfi_main() == MI_SUCCESS ? 0 : 1;
}
