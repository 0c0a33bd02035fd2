// SPDX-License-Identifier: BSD-2-Clause
#include "milter/decide/smtp_command.h"

#include "idn/idn.h"

struct slice smtp_command_address(const char *const *arguments, struct slice parsed)
{
    const struct slice address = parsed.ptr ? parsed : slice_from(arguments[0]);
    if (address.len >= 2 && address.ptr[0] == '<' && address.ptr[address.len - 1] == '>')
        return slice_make(address.ptr + 1, address.len - 2);
    return address;
}

void smtp_command_address_cut(struct slice given, char *out, size_t size)
{
    struct slice local, domain;
    if (slice_copy(given, out, size))
        return;
    (void)slice_split_last(given, '@', &local, &domain);
    const size_t kept = domain.len + 2 < size ? domain.len : 0; // a longer one is no domain anyway
    const size_t room = size - kept - 2;
    memcpy(out, given.ptr, room);
    out[room] = '@';
    memcpy(out + room + 1, domain.ptr, kept);
    out[room + 1 + kept] = '\0';
}

void smtp_command_address_read(struct slice given, struct mail_address *out)
{
    char cut[ADDRESS_MAX + 1];
    if (idn_address_read(given, out) != ADDRESS_BAD || address_read_text(given, out))
        return;
    memcpy(cut, given.ptr, ADDRESS_MAX - 3);
    memcpy(cut + ADDRESS_MAX - 3, "...", 4);
    (void)!address_read_text(slice_make(cut, ADDRESS_MAX), out);
}

struct slice smtp_command_parameter(const char *const *arguments, const char *keyword)
{
    struct slice name, value;
    for (const char *const *argument = arguments + 1; arguments[0] && *argument; argument++)
        if (slice_split(slice_from(*argument), '=', &name, &value) &&
            slice_equal_nocase(name, slice_from(keyword)))
            return value;
    return SLICE("");
}

int64_t smtp_command_size(const char *const *arguments)
{
    unsigned long long size;
    return slice_number(smtp_command_parameter(arguments, "SIZE"), INT64_MAX, &size) ? (int64_t)size : -1;
}
