// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/account_command.h"
#include "ctl/database_query.h"
#include "ctl/new_password.h"

#include <sysexits.h>

enum { DATABASE, JSON };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    {.name = NULL},
};

static int change_password(PGconn *connection, const char *login, bool json)
{
    struct new_password password = {0};
    const int code = new_password_make(connection, login, NEW_PASSWORD_ACCOUNT, &password);
    if (code != EX_OK)
        return code;
    return new_password_store(connection,
                              "update emailgency.account set password = $2 where login = $1 returning "
                              "(select row_to_json(t) from (select login, true as password) as t)",
                              &password, json, "account", "has the new password, and no session");
}

static int run_passwd(char *const *operands, const char *const *values)
{
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    const int code = change_password(connection, operands[0], values[JSON]);
    PQfinish(connection);
    return code;
}

const struct ctl_command account_passwd_command = {
    .name = "account passwd",
    .operands = "LOGIN",
    .summary = "set the password of an account, read from standard input or asked for",
    .options = options,
    .run = run_passwd,
};
