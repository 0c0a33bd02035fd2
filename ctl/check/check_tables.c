// SPDX-License-Identifier: BSD-2-Clause
// Tables that Postfix cannot open: it opens them at run time only, and `postfix check` does not look.
#include "ctl/check/access_check.h"
#include "ctl/check/postfix_check.h"

#define NOT_KEPT                                                                                             \
    "verify(8) does not run: mail to unknown recipients is accepted and bounces, which is backscatter"

// Types that need a package of Debian besides postfix (postfix-files.d).
static const char *const packaged[] = {"cdb", "ldap", "lmdb", "mysql", "pcre", "pgsql", "sqlite", NULL};
// Those that Postfix has itself (DATABASE_README).
static const char *const built_in[] = {"btree",  "cidr",     "dbm",      "environ", "hash",
                                       "inline", "memcache", "nis",      "nisplus", "pipemap",
                                       "proxy",  "randmap",  "regexp",   "sdbm",    "socketmap",
                                       "static", "texthash", "unionmap", NULL};

static bool is_any(struct slice name, const char *const *words)
{
    for (; *words; words++)
        if (slice_equal(name, slice_from(*words)))
            return true;
    return false;
}

static bool holds_word(struct slice rest, struct slice wanted)
{
    for (struct slice word; postconf_next(&rest, &word);)
        if (slice_equal(word, wanted))
            return true;
    return false;
}

static void report(const struct postfix_check *check, const char *parameter, struct slice type,
                   struct slice word)
{
    const bool verify = strcmp(parameter, "address_verify_map") == 0;
    struct finding *finding = finding_add(
        check->findings, FINDING_ERROR, parameter, NULL,
        verify ? NOT_KEPT : "Postfix defers all mail for which it asks this table",
        "%.*s: Postfix has no tables of type %.*s", (int)word.len, word.ptr, (int)type.len, type.ptr);
    if (is_any(type, packaged))
        finding_run(finding, "apt install postfix-%.*s", (int)type.len, type.ptr);
    else
        finding_write(finding, NULL, "%s = lmdb:%.*s", parameter, (int)(word.len - type.len - 1),
                      word.ptr + type.len + 1);
}

// Returns whether the word is a table of a type that is not installed.
static bool is_missing(struct slice word, struct slice types, struct slice *type)
{
    struct slice table;
    while (slice_split(word, ':', type, &table) && slice_equal(*type, SLICE("proxy")))
        word = table;
    return table.len > 0 && (is_any(*type, packaged) || is_any(*type, built_in)) && !holds_word(types, *type);
}

static bool is_fact(struct slice name)
{
    return memchr(name.ptr, '.', name.len) && !memchr(name.ptr, '/', name.len);
}

// Lists of tables that proxymap(8) may open, not of those that are in use.
static bool is_permission(struct slice name)
{
    return slice_has_prefix(name, SLICE("proxy_"));
}

// Defaults are looked at, too: they are of types that Debian's postfix has.
static void check_types(const struct postfix_check *check)
{
    const struct slice types = fact_text(check->postconf, "postfix.types");
    struct slice rest = check->postconf->text, name, value, word, type;
    bool missing = false;
    while (types.len > 0 && postconf_parameter(&rest, &name, &value)) {
        const struct slice whole = value;
        while (!is_fact(name) && !is_permission(name) && postconf_next(&value, &word)) {
            char parameter[192];
            if (!is_missing(word, types, &type) || !slice_copy(name, parameter, sizeof parameter) ||
                postconf_value(check->postconf, parameter).ptr != whole.ptr)
                continue;
            report(check, parameter, type, word);
            missing = true;
        }
    }
    if (types.len > 0 && !missing)
        finding_add(check->findings, FINDING_OK, "postfix.types", NULL, NULL, "has the types of all tables");
}

// verify(8) makes the file itself, as mail_owner (src/verify/verify.c).
static void check_verify_folder(const struct postfix_check *check)
{
    static const char *const name = "address_verify_map";
    const struct slice owner = postconf_value(check->postconf, "mail_owner");
    const struct slice folder = fact_text(check->postconf, "path.%s.at", name);
    char make[512], repair[512];
    const struct access_check access = {.facts = check->postconf,
                                        .findings = check->findings,
                                        .path = name,
                                        .parameter = name,
                                        .account = owner,
                                        .bits = 3,
                                        .severity = FINDING_ERROR,
                                        .why = NOT_KEPT,
                                        .make = make,
                                        .repair = repair};
    snprintf(make, sizeof make, "install -d -m 0700 -o %.*s %.*s", (int)owner.len, owner.ptr, (int)folder.len,
             folder.ptr);
    snprintf(repair, sizeof repair, "chown %.*s %.*s", (int)owner.len, owner.ptr, (int)folder.len,
             folder.ptr);
    if (folder.len > 0 && access_check(&access))
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "its folder exists and can be written");
}

void check_tables(const struct postfix_check *check)
{
    check_types(check);
    check_verify_folder(check);
}
