// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/report_command.h"

#include "ctl/command/ctl.h"
#include "ctl/database_query.h"
#include "ctl/report/report_print.h"
#include "installation/installation.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { DATABASE, PART, LOCALE };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [PART] = {"part", 0, "PART", NULL, "mail", "mail, text or html"},
    [LOCALE] = {"locale", 0, "DIR", "EMG_LOCALE", NULL, "folder of the translated texts"},
    {.name = NULL},
};

static const struct ctl_choice choices[] = {{"part", report_print_parts}, {.option = NULL}};

// Without catalogues the texts are English.
static void open_texts(const char *folder)
{
    char installed[INSTALLATION_PATH_MAX];
    struct problem why;
    if (!folder && !installation_find(INSTALLATION_DATA, "locale", installed, &why))
        fprintf(stderr, "emailgencyctl: the report is in English: %s\n", why.text);
    report_print_open(folder ? folder : installed);
}

// A month as "2026-11", which to_date() alone would not insist on.
static bool is_month(const char *text)
{
    if (strlen(text) == 7 && strspn(text, "0123456789") == 4 && text[4] == '-' &&
        strspn(text + 5, "0123456789") == 2)
        return true;
    fprintf(stderr, "emailgencyctl: write the month as in 2026-11\n");
    return false;
}

static int preview(char *const *operands, const char *const *values)
{
    int part, code = EX_DATAERR;
    if (!ctl_word("part", values[PART], report_print_parts, &part) || !is_month(operands[1]))
        return EX_USAGE;
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    PGresult *rows =
        database_query_run(connection, "select emailgency.report_preview($1, to_date($2, 'YYYY-MM'))", 2,
                           (const char *const *)operands);
    if (rows) {
        open_texts(values[LOCALE]);
        code = report_print(PQgetvalue(rows, 0, 0), (enum report_print_part)part);
    }
    PQclear(rows);
    PQfinish(connection);
    return code;
}

const struct ctl_command report_preview_command = {
    .name = "report preview",
    .operands = "DOMAIN MONTH",
    .summary = "print the monthly report of a domain; MONTH as in 2026-11",
    .options = options,
    .choices = choices,
    .run = preview,
};
