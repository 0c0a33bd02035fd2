// SPDX-License-Identifier: BSD-2-Clause
#include "dns/dns_name.h"

#include "base/slice.h"

static bool byte_is_plain(char byte)
{
    return byte > ' ' && byte < 0x7f && !strchr("\"\\;()@$", byte);
}

bool dns_name_fold_bytes(const char *name, char out[DNS_NAME_MAX + 1])
{
    size_t len = strnlen(name, DNS_NAME_MAX + 1);
    if (len == 0 || len > DNS_NAME_MAX)
        return false;
    size_t label = 0;
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '.' ? label == 0 : ++label > DNS_LABEL_MAX)
            return false;
        if (name[i] == '.')
            label = 0;
    }
    return slice_copy_lower(slice_make(name, len), out, DNS_NAME_MAX + 1) && label > 0;
}

bool dns_name_fold(const char *name, char out[DNS_NAME_MAX + 1])
{
    for (const char *at = name; *at; at++)
        if (!byte_is_plain(*at))
            return false;
    return dns_name_fold_bytes(name, out);
}

void dns_name_escape(const char *name, char out[DNS_NAME_ESCAPED_MAX + 1])
{
    for (; *name; name++) {
        unsigned byte = (unsigned char)*name;
        if (byte_is_plain(*name)) {
            *out++ = *name;
            continue;
        }
        *out++ = '\\';
        *out++ = (char)('0' + byte / 100);
        *out++ = (char)('0' + byte / 10 % 10);
        *out++ = (char)('0' + byte % 10);
    }
    *out = '\0';
}

size_t dns_question_size(const struct dns_question *question)
{
    return offsetof(struct dns_question, name) + strlen(question->name);
}

bool dns_name_host(struct slice wire, char out[ADDRESS_DOMAIN_MAX + 1])
{
    char text[ADDRESS_DOMAIN_MAX + 1];
    size_t len = 0;
    while (wire.len > 0 && wire.ptr[0] != '\0') {
        const size_t label = (unsigned char)wire.ptr[0];
        if (label >= wire.len || len + label + 1 > ADDRESS_DOMAIN_MAX)
            return false;
        if (len > 0)
            text[len++] = '.';
        memcpy(text + len, wire.ptr + 1, label);
        len += label;
        wire = slice_skip(wire, label + 1);
    }
    return address_domain_valid(slice_make(text, len)) &&
           slice_copy_lower(slice_make(text, len), out, ADDRESS_DOMAIN_MAX + 1);
}
