// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/new_password.h"

#include "base/problem.h"
#include "ctl/database_query.h"
#include "ctl/password_prompt.h"
#include "installation/common_passwords.h"
#include "password/password_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <unistd.h>

enum { TRIES = 3 };
enum { ADDRESS, LENGTH, CLASSES, NAMES };

static bool read_once(char text[PASSWORD_PROMPT_MAX], struct slice *password)
{
    struct problem problem;
    if (password_prompt_read(text, password, &problem))
        return true;
    fprintf(stderr, "emailgencyctl: %s\n", problem.text);
    return false;
}

static int hash_password(struct slice password, struct new_password *out)
{
    unsigned char salt[PASSWORD_HASH_SALT];
    if (getrandom(salt, sizeof salt, 0) == (ssize_t)sizeof salt &&
        password_hash_make(password, salt, out->hash))
        return EX_OK;
    fputs("emailgencyctl: the password cannot be hashed: out of memory\n", stderr);
    return EX_OSERR;
}

static int read_and_judge(const struct password_rule *rule, struct new_password *out)
{
    char text[PASSWORD_PROMPT_MAX], fault[PASSWORD_FAULT_MAX];
    struct slice password;
    int code = EX_DATAERR;
    const int tries = isatty(STDIN_FILENO) ? TRIES : 1;
    for (int i = 0; i < tries && code == EX_DATAERR; i++) {
        if (!read_once(text, &password))
            continue;
        if (password_rule_check(rule, password, fault))
            code = hash_password(password, out);
        else
            fprintf(stderr, "emailgencyctl: %s\n", fault);
    }
    explicit_bzero(text, sizeof text);
    return code;
}

static int ask_rule(PGconn *connection, const char *address, enum new_password_owner owner, PGresult **out)
{
    static const char *const statements[] = {
        [NEW_PASSWORD_ANY] = "select r.canonical, r.min_length, r.min_classes, r.names "
                             "from emailgency.password_rule($1) as r",
        [NEW_PASSWORD_MAILBOX] = "select r.canonical, r.min_length, r.min_classes, r.names "
                                 "from emailgency.password_rule(emailgency.require_mailbox($1)) as r",
        [NEW_PASSWORD_ACCOUNT] = "select a.login, r.min_length, r.min_classes, r.names "
                                 "from emailgency.require_account($1) as a (login) "
                                 "cross join lateral emailgency.login_rule(a.login) as r"};
    const char *const parameters[] = {address};
    *out = database_query_run(connection, statements[owner], 1, parameters);
    return *out ? EX_OK : EX_DATAERR;
}

int new_password_make(PGconn *connection, const char *address, enum new_password_owner owner,
                      struct new_password *out)
{
    PGresult *rows;
    *out = (struct new_password){0};
    int code = ask_rule(connection, address, owner, &rows);
    if (code != EX_OK)
        return code;
    struct problem problem;
    char *common = common_passwords_read(&problem);
    if (!common)
        fprintf(stderr, "emailgencyctl: %s\n", problem.text);
    const struct password_rule rule = {.min_length = (unsigned)atoi(PQgetvalue(rows, 0, LENGTH)),
                                       .min_classes = (unsigned)atoi(PQgetvalue(rows, 0, CLASSES)),
                                       .address = slice_from(PQgetvalue(rows, 0, ADDRESS)),
                                       .names = slice_from(PQgetvalue(rows, 0, NAMES)),
                                       .common = slice_from(common)};
    code = EX_SOFTWARE;
    if (common && slice_copy(rule.address, out->address, sizeof out->address))
        code = read_and_judge(&rule, out);
    free(common);
    PQclear(rows);
    return code;
}

int new_password_address(PGconn *connection, const char *address, struct new_password *out)
{
    const char *const parameters[] = {address};
    *out = (struct new_password){0};
    PGresult *rows = database_query_run(connection, "select emailgency.require_mailbox($1)", 1, parameters);
    const bool fits =
        rows && slice_copy(slice_from(PQgetvalue(rows, 0, 0)), out->address, sizeof out->address);
    PQclear(rows);
    return fits ? EX_OK : EX_DATAERR;
}

int new_password_store(PGconn *connection, const char *update, const struct new_password *password, bool json,
                       const char *owner, const char *done)
{
    const char *const parameters[] = {password->address, *password->hash ? password->hash : NULL};
    PGresult *rows = database_query_run(connection, update, 2, parameters);
    if (!rows)
        return EX_DATAERR;
    const bool found = PQntuples(rows) == 1;
    if (!found)
        fprintf(stderr, "emailgencyctl: %s \"%s\" was deleted meanwhile\n", owner, password->address);
    else if (json)
        puts(PQgetvalue(rows, 0, 0));
    else
        printf("%s %s\n", password->address, done);
    PQclear(rows);
    return found ? EX_OK : EX_DATAERR;
}
