// SPDX-License-Identifier: BSD-2-Clause
#include "password/password_rule.h"

#include "base/address.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SHOWN ", as in 'Correct horse 4 battery'"

enum { LOWER, UPPER, DIGIT, OTHER, CLASSES };

static unsigned class_of(unsigned char byte)
{
    if (byte >= 'a' && byte <= 'z')
        return LOWER;
    if (byte >= 'A' && byte <= 'Z')
        return UPPER;
    return byte >= '0' && byte <= '9' ? DIGIT : OTHER;
}

// The octets of the UTF-8 character that begins `in`; 0: it is none (RFC 3629).
static size_t character_len(struct slice in)
{
    const unsigned char *at = (const unsigned char *)in.ptr;
    const size_t len = at[0] < 0x80   ? 1
                       : at[0] < 0xc2 ? 0
                       : at[0] < 0xe0 ? 2
                       : at[0] < 0xf0 ? 3
                       : at[0] < 0xf5 ? 4
                                      : 0;
    if (len > in.len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    // Overlong, a surrogate, beyond U+10FFFF.
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return len;
}

// Counts the characters, and notes the classes that are there. Returns false for bytes that are no UTF-8.
static bool count_characters(struct slice password, unsigned *length, bool seen[CLASSES])
{
    size_t len;
    for (*length = 0; password.len; password = slice_skip(password, len)) {
        len = character_len(password);
        if (len == 0 || password.ptr[0] == '\0')
            return false;
        seen[class_of((unsigned char)password.ptr[0])] = true;
        ++*length;
    }
    return true;
}

static void add_text(char fault[PASSWORD_FAULT_MAX], const char *text)
{
    const size_t used = strlen(fault);
    snprintf(fault + used, PASSWORD_FAULT_MAX - used, "%s", text);
}

// "2 of: a digit, another character" or, if all of them are needed, "a digit, another character".
static void add_classes(char fault[PASSWORD_FAULT_MAX], unsigned few, unsigned missing,
                        const bool seen[CLASSES])
{
    static const char *const names[CLASSES] = {
        [LOWER] = "a lower-case letter",
        [UPPER] = "an upper-case letter",
        [DIGIT] = "a digit",
        [OTHER] = "another character, such as a blank",
    };
    char number[24] = "";
    if (few < missing)
        snprintf(number, sizeof number, "%u of: ", few);
    add_text(fault, number);
    const char *before = "";
    for (unsigned i = 0; i < CLASSES; i++) {
        if (seen[i])
            continue;
        add_text(fault, before);
        add_text(fault, names[i]);
        before = ", ";
    }
}

static bool find_weak(const struct password_rule *rule, struct slice password, char fault[PASSWORD_FAULT_MAX])
{
    bool seen[CLASSES] = {false};
    unsigned length, missing = 0;
    if (!count_characters(password, &length, seen)) {
        snprintf(fault, PASSWORD_FAULT_MAX, "the password is no text in UTF-8: choose another" SHOWN);
        return true;
    }
    for (unsigned i = 0; i < CLASSES; i++)
        missing += !seen[i];
    const unsigned has = CLASSES - missing;
    const unsigned few = rule->min_classes > has ? rule->min_classes - has : 0;
    const unsigned lacks = rule->min_length > length ? rule->min_length - length : 0;
    if (few == 0 && lacks == 0)
        return false;
    snprintf(fault, PASSWORD_FAULT_MAX, "the password is too weak: add ");
    if (lacks) {
        char text[64];
        snprintf(text, sizeof text, "%u more character%s%s", lacks, lacks > 1 ? "s" : "",
                 few ? ", and among them " : "");
        add_text(fault, text);
    }
    if (few)
        add_classes(fault, few, missing, seen);
    add_text(fault, SHOWN);
    return true;
}

static bool is_within(struct slice part, const char *text)
{
    return memmem(text, strlen(text), part.ptr, part.len) != NULL;
}

// `folded` is the password in lower case.
static bool is_part_of_address(const struct password_rule *rule, struct slice folded)
{
    char text[2 * ADDRESS_MAX];
    struct slice local, domain, name, rest = rule->names;
    if (slice_copy_lower(rule->address, text, sizeof text) && is_within(folded, text))
        return true;
    slice_split_last(rule->address, '@', &local, &domain);
    while (rest.len) {
        slice_split(rest, ' ', &name, &rest);
        char joined[2 * ADDRESS_MAX];
        snprintf(joined, sizeof joined, "%.*s@%.*s", (int)local.len, local.ptr, (int)name.len, name.ptr);
        if (slice_copy_lower(slice_from(joined), text, sizeof text) && is_within(folded, text))
            return true;
    }
    return false;
}

static bool is_common(struct slice common, struct slice folded)
{
    while (common.len) {
        struct slice line;
        slice_split(common, '\n', &line, &common);
        if (slice_equal(line, folded))
            return true;
    }
    return false;
}

bool password_rule_check(const struct password_rule *rule, struct slice password,
                         char fault[PASSWORD_FAULT_MAX])
{
    char text[PASSWORD_MAX + 1];
    *fault = '\0';
    if (password.len == 0 || !slice_copy_lower(password, text, sizeof text)) {
        snprintf(fault, PASSWORD_FAULT_MAX, "a password has 1 to %d octets" SHOWN, PASSWORD_MAX);
        return false;
    }
    const struct slice folded = slice_make(text, password.len);
    if (find_weak(rule, password, fault))
        ;
    else if (rule->address.len && is_part_of_address(rule, folded))
        snprintf(fault, PASSWORD_FAULT_MAX, "the password is a part of the address: choose another" SHOWN);
    else if (is_common(rule->common, folded))
        snprintf(fault, PASSWORD_FAULT_MAX,
                 "the password is one of those that are guessed first: choose another" SHOWN);
    explicit_bzero(text, sizeof text);
    return *fault == '\0';
}
