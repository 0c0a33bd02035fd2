// SPDX-License-Identifier: BSD-2-Clause
#include "dns/dns_name.h"

#include "base/slice.h"

static bool byte_askable(char byte)
{
    return byte > ' ' && byte < 0x7f && !strchr("\"\\;()@$", byte);
}

bool dns_name_fold(const char *name, char out[DNS_NAME_MAX + 1])
{
    size_t len = strnlen(name, DNS_NAME_MAX + 1);
    if (len == 0 || len > DNS_NAME_MAX)
        return false;
    size_t label = 0;
    for (size_t i = 0; i < len; i++) {
        char byte = name[i];
        if (byte == '.' ? label == 0 : ++label > DNS_LABEL_MAX || !byte_askable(byte))
            return false;
        if (byte == '.')
            label = 0;
    }
    return slice_copy_lower(slice_make(name, len), out, DNS_NAME_MAX + 1) && label > 0;
}

size_t dns_question_size(const struct dns_question *question)
{
    return offsetof(struct dns_question, name) + strlen(question->name);
}
