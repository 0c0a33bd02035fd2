// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/mailbox_change.h"

#include "base/log.h"
#include "ctl/database_query.h"
#include "ctl/new_password.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { DATABASE, JSON, NO_PASSWORD };
static const struct ctl_option set_options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    {.name = NULL},
};
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    [NO_PASSWORD] = {"no-password", 0, NULL, NULL, NULL, "no password: nobody logs in"},
    {.name = NULL},
};

static const char *const columns[] = {
    "vip=",     "quota=", "expiry_days=", "max_message_size=", "reads_undelivered=", "receive_only=",
    "forward=", NULL};
static const struct ctl_choice choices[] = {{"", columns}, {.option = NULL}};

// The words NAME=VALUE as two JSON arrays, which the statement takes as parameters.
struct assignments {
    char *names, *values;
};

static void assignments_finish(struct assignments *assignments)
{
    free(assignments->names);
    free(assignments->values);
}

static bool add_word(const char *word, json_t *names, json_t *values)
{
    struct slice name, value;
    if (!slice_split(slice_from(word), '=', &name, &value)) {
        fprintf(stderr, "emailgencyctl: %s: write NAME=VALUE, as in quota=500M\n",
                log_text(slice_from(word)).text);
        return false;
    }
    if (json_array_append_new(names, json_stringn(name.ptr, name.len)) == 0 &&
        json_array_append_new(values, json_stringn(value.ptr, value.len)) == 0)
        return true;
    fprintf(stderr, "emailgencyctl: %s: is no text in UTF-8\n", log_text(slice_from(word)).text);
    return false;
}

static bool assignments_read(char *const *words, struct assignments *out)
{
    json_t *names = json_array(), *values = json_array();
    bool good = names && values;
    for (; good && *words; words++)
        good = add_word(*words, names, values);
    *out = (struct assignments){0};
    if (good) {
        out->names = json_dumps(names, 0);
        out->values = json_dumps(values, 0);
    }
    json_decref(names);
    json_decref(values);
    return good && out->names && out->values;
}

#define TEXTS(parameter) "array(select json_array_elements_text(" parameter "::json))"

static int set_mailbox(char *const *operands, const char *const *values)
{
    struct assignments given;
    int code = EX_USAGE;
    if (assignments_read(operands + 1, &given)) {
        const char *const parameters[] = {operands[0], given.names, given.values};
        PGconn *connection = database_query_connect(values[DATABASE]);
        code = !connection
                   ? EX_UNAVAILABLE
                   : database_query_document(connection, values[JSON],
                                             "emailgency.set_mailbox($1, " TEXTS("$2") ", " TEXTS("$3") ")",
                                             3, parameters);
        PQfinish(connection);
    }
    assignments_finish(&given);
    return code;
}

const struct ctl_command mailbox_set_command = {
    .name = "mailbox set",
    .operands = "ADDRESS NAME=VALUE [NAME=VALUE]...",
    .summary = "change a mailbox, as in quota=500M vip=true expiry_days=plan forward=a@example.org",
    .options = set_options,
    .choices = choices,
    .run = set_mailbox,
};

static int add_to(PGconn *connection, const char *address, const struct assignments *given,
                  const char *const *values)
{
    struct new_password password = {0};
    const int code =
        values[NO_PASSWORD] ? EX_OK : new_password_make(connection, address, NEW_PASSWORD_ANY, &password);
    if (code != EX_OK)
        return code;
    const char *const parameters[] = {address, values[NO_PASSWORD] ? NULL : password.hash, given->names,
                                      given->values};
    return database_query_document(connection, values[JSON],
                                   "emailgency.add_mailbox($1, $2, " TEXTS("$3") ", " TEXTS("$4") ")", 4,
                                   parameters);
}

static int add_mailbox(char *const *operands, const char *const *values)
{
    struct assignments given;
    int code = EX_USAGE;
    if (assignments_read(operands + 1, &given)) {
        PGconn *connection = database_query_connect(values[DATABASE]);
        code = connection ? add_to(connection, operands[0], &given, values) : EX_UNAVAILABLE;
        PQfinish(connection);
    }
    assignments_finish(&given);
    return code;
}

const struct ctl_command mailbox_add_command = {
    .name = "mailbox add",
    .operands = "ADDRESS [NAME=VALUE]...",
    .summary = "make a mailbox; its password is read from standard input, or asked for",
    .options = options,
    .choices = choices,
    .run = add_mailbox,
};

static int change_password(PGconn *connection, const char *address, const char *const *values)
{
    struct new_password password = {0};
    const int code = values[NO_PASSWORD]
                         ? new_password_address(connection, address, &password)
                         : new_password_make(connection, address, NEW_PASSWORD_MAILBOX, &password);
    if (code != EX_OK)
        return code;
    return new_password_store(
        connection,
        "update emailgency.mailbox set password = $2 where address = $1 returning "
        "(select row_to_json(t) from (select address, $2::text is not null as log_in) as t)",
        &password, values[JSON], "mailbox",
        values[NO_PASSWORD] ? "has no password: nobody logs in" : "has the new password");
}

static int run_passwd(char *const *operands, const char *const *values)
{
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    const int code = change_password(connection, operands[0], values);
    PQfinish(connection);
    return code;
}

const struct ctl_command mailbox_passwd_command = {
    .name = "mailbox passwd",
    .operands = "ADDRESS",
    .summary = "set the password of a mailbox, read from standard input or asked for",
    .options = options,
    .run = run_passwd,
};
