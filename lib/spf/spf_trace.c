// SPDX-License-Identifier: BSD-2-Clause
#include "spf/spf_trace.h"

#include "spf/rdata.h"
#include "spfrecord/ascii.h"

#include <stdarg.h>
#include <stdio.h>

void spf_trace_begin(struct spf_trace *trace, char *out, size_t size)
{
    *trace = (struct spf_trace){.out = out, .size = size};
    if (out)
        out[0] = '\0';
}

static void make_printable(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!ascii_visible(text[i]) && text[i] != ' ')
            text[i] = '?';
}

void spf_trace_printable(struct slice in, char *out, size_t size)
{
    size_t len = in.len < size ? in.len : size - 1;
    if (len)
        memcpy(out, in.ptr, len);
    out[len] = '\0';
    make_printable(out, len);
}

void spf_trace_line(struct spf_trace *trace, const char *format, ...)
{
    va_list arguments;
    if (!trace->out)
        return;
    size_t room = trace->size - trace->len;
    char *line = trace->out + trace->len;
    va_start(arguments, format);
    int len = vsnprintf(line, room, format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len + 1 >= room) {
        line[0] = '\0';
        trace->size = trace->len + 1; // no later line either: it would look as if it followed
        return;
    }
    make_printable(line, (size_t)len);
    memcpy(line + len, "\n", 2);
    trace->len += (size_t)len + 1;
}

static const char *type_word(enum dns_type type)
{
    switch (type) {
    case DNS_TYPE_A:
        return "A";
    case DNS_TYPE_AAAA:
        return "AAAA";
    case DNS_TYPE_MX:
        return "MX";
    case DNS_TYPE_PTR:
        return "PTR";
    case DNS_TYPE_TXT:
        return "TXT";
    }
    return "?";
}

static void put_data(FILE *out, enum dns_type type, struct slice data)
{
    char text[CIDR_TEXT_MAX], name[DNS_NAME_MAX + 1];
    struct ip ip;
    if ((type == DNS_TYPE_A || type == DNS_TYPE_AAAA) && rdata_address(data, type, &ip)) {
        ip_format(&ip, text);
        fputs(text, out);
    } else if (type == DNS_TYPE_MX && rdata_exchange(data, name)) {
        fprintf(out, "%d %s", (unsigned char)data.ptr[0] * 256 + (unsigned char)data.ptr[1], name);
    } else if (type == DNS_TYPE_PTR && rdata_name(data, name)) {
        fputs(name, out);
    } else {
        fputs("(no usable name)", out);
    }
}

static void put_found(FILE *out, enum dns_type type, const struct dns_answer *answer)
{
    for (unsigned i = 0; i < answer->count; i++) {
        fputs(i ? ", " : "", out);
        put_data(out, type, answer->data[i]);
    }
}

void spf_trace_answer(struct spf_trace *trace, const char *name, enum dns_type type,
                      const struct dns_answer *answer)
{
    if (!trace->out || (type == DNS_TYPE_TXT && answer->rc == DNS_FOUND))
        return; // of TXT records only those of SPF count, which are shown where they are found
    char found[4096] = "";
    FILE *out = fmemopen(found, sizeof found, "w");
    if (!out)
        return;
    if (answer->rc == DNS_TIMEOUT)
        fputs("did not answer in time", out);
    else if (answer->rc == DNS_FAILED)
        fputs("failed", out);
    else if (answer->rc == DNS_NONE || answer->count == 0)
        fputs("none", out);
    else
        put_found(out, type, answer);
    fclose(out);
    spf_trace_line(trace, "%s %s: %s", name, type_word(type), found);
}
