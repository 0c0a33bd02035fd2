// SPDX-License-Identifier: BSD-2-Clause
#include "report/report_conf.h"

#include "unsubscribe/unsubscribe.h"

struct report_conf report_conf;

#define CONF_STRUCT struct report_conf

const struct conf_option report_options[] = {
    DAEMON_OPTIONS(""),
    DATABASE_OPTIONS("dbname=emailgency user=emailgency_notifier", pg_check_database,
                     "libpq connection string of the database"),
    {CONF_MS_AS("database_timeout_ms", database.timeout_ms), .fallback = "60000", .min = 1000, .max = 600000,
     .help = "milliseconds for one statement, after which the run ends; the next one goes on"},
    NODE_OPTION,
    {CONF_TEXT(sender), .fallback = "postmaster",
     .help = "sender of the reports, a mail address; a name without \"@\" is one of this node"},
    {CONF_TEXT(sender_name), .fallback = "Emailgency", .help = "its name, as mail programs show it"},
    {CONF_TEXT(unsubscribe_url), .fallback = "", .check = unsubscribe_check_base,
     .help = "https URL of the console's page that ends reports, for List-Unsubscribe; empty: no such field"},
    {CONF_SECRET_AS("unsubscribe_key_file", unsubscribe_key), .fallback = "",
     .help = "file whose first line, of at least 32 characters, is the key of the signatures in those links"},
    {CONF_TEXT(locale_folder), .fallback = "",
     .help = "folder of the translated texts; empty: share/locale of this installation"},
    CONF_END,
};
