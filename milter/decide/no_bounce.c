// SPDX-License-Identifier: BSD-2-Clause
#include "milter/decide/no_bounce.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#define GIVEN_MAX 998 // a longer one is left unchanged

// One way in which clients wrote an address.
struct spelling {
    struct spelling *next;
    char *given;                         // as in struct no_bounce_edit
    char orcpt[NO_BOUNCE_ORCPT_MAX + 1]; // of the first RCPT that is not NEVER; "" for none
    bool never;                          // each of its RCPTs had NOTIFY=NEVER
    size_t local_len;
    char local[];
};

struct no_bounce_group {
    UT_hash_handle hh;
    struct spelling *spellings;
    bool wanted;
    bool may_repeat; // a RCPT that Postfix may have stored with NOTIFY=NEVER
    size_t domain_at;
    char address[ADDRESS_MAX + 1]; // in lower case
};

// ---- recipients ----

// The text that smtpd(8) parses (extract_addr in src/smtpd/smtpd.c), without brackets and source route.
static struct slice strip(struct slice given)
{
    struct slice route, rest;
    if (given.len >= 2 && given.ptr[0] == '<' && given.ptr[given.len - 1] == '>')
        given = slice_make(given.ptr + 1, given.len - 2);
    if (given.len > 0 && given.ptr[0] == '@' && slice_split(given, ':', &route, &rest))
        given = rest;
    return given;
}

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

// Returns whether Postfix parses `address` back to the recipient that it stored: nothing in it triggers
// routing or rewriting, or could be read as syntax.
static bool is_sure(struct slice given, struct slice address, struct address *parts)
{
    if (given.len == 0 || given.len > GIVEN_MAX || address.len > ADDRESS_MAX || !is_printable(given) ||
        !is_printable(address) || address_parse(address, parts) != ADDRESS_OK)
        return false;
    for (size_t i = 0; i < parts->local.len; i++)
        if (strchr("@%!:<>\\", parts->local.ptr[i]))
            return false;
    return !slice_equal(parts->local, SLICE("\"\"")) && address_domain_valid(parts->domain);
}

static struct no_bounce_group *find_group(struct no_bounce *recipients, struct slice address,
                                          size_t domain_at)
{
    char key[ADDRESS_MAX + 1];
    struct no_bounce_group *group;
    (void)slice_copy_lower(address, key, sizeof key);
    HASH_FIND_STR(recipients->groups, key, group);
    if (group)
        return group;
    group = calloc(1, sizeof *group);
    if (!group)
        return NULL;
    memcpy(group->address, key, sizeof key);
    group->domain_at = domain_at;
    HASH_ADD_STR(recipients->groups, address, group);
    if (group->hh.tbl)
        return group;
    free(group);
    return NULL;
}

static void free_spelling(struct spelling *spelling)
{
    free(spelling->given);
    free(spelling);
}

// An added ORCPT has the address of the RCPT command (RFC 3461 section 5.2.1), as xtext (section 4).
static void write_orcpt(struct slice given, char out[NO_BOUNCE_ORCPT_MAX + 1])
{
    static const char type[] = "rfc822;";
    size_t len = sizeof type - 1;
    memcpy(out, type, sizeof type);
    for (size_t i = 0; i < given.len; i++) {
        if (len + 4 > NO_BOUNCE_ORCPT_MAX) {
            *out = '\0';
            return;
        }
        const bool plain = given.ptr[i] > ' ' && given.ptr[i] != '+' && given.ptr[i] != '=';
        len += (size_t)sprintf(out + len, plain ? "%c" : "+%02X", (unsigned char)given.ptr[i]);
    }
}

static struct spelling *find_spelling(struct no_bounce_group *group, struct slice given, struct slice local)
{
    struct spelling *spelling;
    LL_FOREACH(group->spellings, spelling)
    if (slice_equal(slice_from(spelling->given), given))
        return spelling;
    spelling = calloc(1, sizeof *spelling + local.len);
    if (!spelling)
        return NULL;
    spelling->never = true;
    spelling->local_len = local.len;
    memcpy(spelling->local, local.ptr, local.len);
    spelling->given = calloc(1, given.len + 1);
    if (!spelling->given || !slice_copy(given, spelling->given, given.len + 1)) {
        free_spelling(spelling);
        return NULL;
    }
    LL_APPEND(group->spellings, spelling);
    return spelling;
}

// Postfix stores NOTIFY=SUCCESS as NEVER once it has reported that the address is an alias.
static bool stored_never(struct slice notify)
{
    struct slice word;
    for (struct slice rest = notify; rest.len > 0;) {
        slice_split(rest, ',', &word, &rest);
        if (slice_equal_nocase(word, SLICE("FAILURE")) || slice_equal_nocase(word, SLICE("DELAY")))
            return false;
    }
    return notify.len > 0;
}

// Uses the local part in the client's case, which Postfix stores, if the address is otherwise unchanged.
static bool add(struct no_bounce *recipients, const struct no_bounce_recipient *recipient, bool never,
                size_t local_len)
{
    const struct slice given = strip(recipient->given);
    const struct slice local = slice_make(
        slice_equal_nocase(given, recipient->address) ? given.ptr : recipient->address.ptr, local_len);
    struct no_bounce_group *group = find_group(recipients, recipient->address, local_len + 1);
    struct spelling *spelling = group ? find_spelling(group, given, local) : NULL;
    if (!spelling)
        return false;
    group->wanted |= recipient->wanted;
    group->may_repeat |= stored_never(recipient->notify);
    if (never || !spelling->never)
        return true;
    spelling->never = false;
    if (recipient->orcpt.len == 0)
        write_orcpt(slice_from(spelling->given), spelling->orcpt);
    else
        (void)slice_copy(recipient->orcpt, spelling->orcpt, sizeof spelling->orcpt);
    return true;
}

void no_bounce_note(struct no_bounce *recipients, const struct no_bounce_recipient *recipient)
{
    const bool never = slice_equal_nocase(recipient->notify, SLICE("NEVER"));
    struct address parts;
    if (recipients->incomplete || (!recipient->wanted && !stored_never(recipient->notify)))
        return;
    if (!is_sure(strip(recipient->given), recipient->address, &parts))
        recipients->unsure += recipient->wanted && !never;
    else if (recipients->count++ == NO_BOUNCE_MAX || !add(recipients, recipient, never, parts.local.len))
        recipients->incomplete = true;
}

void no_bounce_forget(struct no_bounce *recipients)
{
    struct no_bounce_group *group = recipients->groups, *next_group;
    HASH_CLEAR(hh, recipients->groups); // the index alone
    for (; group; group = next_group) {
        struct spelling *spelling, *next;
        next_group = group->hh.next;
        LL_FOREACH_SAFE(group->spellings, spelling, next)
        free_spelling(spelling);
        free(group);
    }
    *recipients = (struct no_bounce){.groups = NULL};
}

bool no_bounce_wanted(const struct no_bounce *recipients)
{
    for (const struct no_bounce_group *group = recipients->groups; group; group = group->hh.next)
        if (group->wanted)
            return true;
    return false;
}

// ---- edits ----

// Postfix's parser drops bytes of `given` and adds none but blanks: an address whose bytes do not occur in
// it, in their order, is not the address that Postfix stored.
static bool may_hold(const char *given, const char *domain)
{
    for (; *given && *domain; given++)
        domain += *given == *domain;
    return *domain == '\0';
}

static char upper(char letter)
{
    if (letter >= 'a' && letter <= 'z')
        return (char)(letter - 'a' + 'A');
    return letter;
}

static bool is_free(const struct no_bounce_group *group, const char *domain)
{
    const struct spelling *spelling;
    LL_FOREACH(group->spellings, spelling)
    if (may_hold(spelling->given, domain))
        return false;
    return true;
}

// Writes a spelling of the domain that none of the group's deletions matches: in upper case, or with one
// upper-case letter.
static bool respell(const struct no_bounce_group *group, char out[ADDRESS_MAX + 1])
{
    const char *domain = group->address + group->domain_at;
    const size_t len = strlen(domain);
    memcpy(out, domain, len + 1);
    for (size_t i = 0; i < len; i++)
        out[i] = upper(out[i]);
    if (strcmp(out, domain) == 0)
        return false; // no letter
    bool found = is_free(group, out);
    for (size_t i = 0; !found && i < len; i++) {
        memcpy(out, domain, len + 1);
        out[i] = upper(out[i]);
        found = out[i] != domain[i] && is_free(group, out);
    }
    return found;
}

// Local parts that differ only in case are each delivered as given.
static bool is_added(const struct no_bounce_group *group, const struct spelling *spelling)
{
    for (const struct spelling *before = group->spellings; before != spelling; before = before->next)
        if (!before->never && before->local_len == spelling->local_len &&
            memcmp(before->local, spelling->local, spelling->local_len) == 0)
            return true;
    return false;
}

static bool write_text(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static bool write_text(char *out, size_t size, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const int len = vsnprintf(out, size, format, values);
    va_end(values);
    return len >= 0 && (size_t)len < size;
}

// No recipient was stored without ORCPT: one that may otherwise be dropped as a duplicate is added without
// it.
static bool replace(const struct no_bounce_group *group, const struct spelling *spelling, const char *domain,
                    bool (*apply)(void *arg, const struct no_bounce_edit *edit), void *arg)
{
    char path[ADDRESS_MAX + 4], parameters[NO_BOUNCE_ORCPT_MAX + 32];
    const bool has_orcpt = *spelling->orcpt && !group->may_repeat;
    const bool written =
        write_text(path, sizeof path, "<%.*s@%s>", (int)spelling->local_len, spelling->local, domain) &&
        write_text(parameters, sizeof parameters, "NOTIFY=NEVER%s%s", has_orcpt ? " ORCPT=" : "",
                   has_orcpt ? spelling->orcpt : "");
    return written && apply(arg, &(struct no_bounce_edit){.add = is_added(group, spelling) ? NULL : path,
                                                          .parameters = parameters,
                                                          .drop = spelling->given});
}

static struct no_bounce_counts edit_group(const struct no_bounce_group *group,
                                          bool (*apply)(void *arg, const struct no_bounce_edit *edit),
                                          void *arg)
{
    char domain[ADDRESS_MAX + 1];
    const bool possible = respell(group, domain);
    struct no_bounce_counts counts = {0, 0};
    const struct spelling *spelling;
    LL_FOREACH(group->spellings, spelling)
    {
        if (spelling->never)
            continue;
        if (possible && counts.left == 0 && replace(group, spelling, domain, apply, arg))
            counts.asked++;
        else
            counts.left++;
    }
    return counts;
}

struct no_bounce_counts no_bounce_edit(const struct no_bounce *recipients,
                                       bool (*apply)(void *arg, const struct no_bounce_edit *edit), void *arg)
{
    struct no_bounce_counts counts = {.left = recipients->unsure};
    if (recipients->incomplete)
        counts.left += (unsigned)recipients->count;
    for (const struct no_bounce_group *group = recipients->groups; group; group = group->hh.next) {
        if (!group->wanted || recipients->incomplete)
            continue;
        const struct no_bounce_counts part = edit_group(group, apply, arg);
        counts.asked += part.asked;
        counts.left += part.left;
    }
    return counts;
}
