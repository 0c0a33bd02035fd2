// SPDX-License-Identifier: BSD-2-Clause
#include "console/routes/console_route.h"

#define GET(path, whose) .method = ROUTE_GET, .pattern = (path), .role = ROUTE_##whose
#define POST(path, whose) .method = ROUTE_POST, .pattern = (path), .role = ROUTE_##whose

// A page of a domain, and an action on it.
#define DOMAIN_PAGE(path, function, template, part)                                                          \
    {                                                                                                        \
        GET("/d/{d}" path, ADMIN), .call = "page_" function, .page = (template), .section = (part)           \
    }
#define DOMAIN_ACT(path, function, form)                                                                     \
    {                                                                                                        \
        POST("/d/{d}" path, ADMIN), .call = "act_" function, .again = "/d/{d}" form                          \
    }

const struct console_route console_routes[] = {
    {GET("/", SESSION), .call = "page_domains", .page = "domains"},

    {GET("/login", PUBLIC), .page = "login"},
    {POST("/login", PUBLIC), .verb = "login", .fields = "login password captcha", .again = "/login",
     .then = "/"},
    {POST("/login/second", PUBLIC), .verb = "second", .fields = "ticket code", .again = "/login",
     .then = "/"},
    {POST("/logout", SESSION), .call = "act_logout", .again = "/login", .ends_session = true},
    {GET("/forgot", PUBLIC), .page = "forgot"},
    {POST("/forgot", PUBLIC), .verb = "forgot", .fields = "login captcha", .page = "forgot",
     .again = "/forgot"},
    {GET("/set-password/{token}", PUBLIC), .verb = "token", .fields = "token", .page = "set_password"},
    {POST("/set-password/{token}", PUBLIC), .verb = "set-password", .fields = "token password",
     .again = "/set-password/{token}", .then = "/login", .done = "first"},
    {GET("/set-password", PUBLIC), .page = "password_code"},
    {POST("/set-password", PUBLIC), .verb = "set-password", .fields = "token password",
     .again = "/set-password", .then = "/login", .done = "first"},
    {GET("/captcha/challenge", PUBLIC), .verb = "challenge", .fields = "for"},
    {GET("/help", PUBLIC), .page = "help"},

    {GET("/assistants", PUBLIC), .page = "assistants"},
    {GET("/assistants/mx", PUBLIC), .page = "assistant_mx"},
    {POST("/assistants/mx", PUBLIC), .verb = "prove", .fields = "captcha", .call = "page_assistant_mx",
     .page = "assistant_mx", .again = "/assistants/mx"},
    {GET("/assistants/spf", PUBLIC), .page = "assistant_spf"},
    {POST("/assistants/spf", PUBLIC), .verb = "prove", .fields = "captcha", .call = "page_assistant_spf",
     .page = "assistant_spf", .again = "/assistants/spf"},
    {GET("/assistants/client", PUBLIC), .call = "page_assistant_client", .page = "assistant_client"},

    {GET("/unsubscribe", LINK), .page = "unsubscribe"},
    {POST("/unsubscribe", LINK), .call = "act_unsubscribe", .page = "unsubscribe", .again = "/unsubscribe"},

    {GET("/mail/config-v1.1.xml", PROGRAM), .call = "page_mail_program", .page = "autoconfig"},
    {GET("/.well-known/autoconfig/mail/config-v1.1.xml", PROGRAM), .call = "page_mail_program",
     .page = "autoconfig"},
    {POST("/autodiscover/autodiscover.xml", PROGRAM), .call = "page_mail_program", .page = "autodiscover"},
    {GET("/autodiscover/autodiscover.xml", PROGRAM), .page = "autodiscover_fault"},
    {GET("/autodiscover/autodiscover.json", PROGRAM), .call = "page_mail_program",
     .page = "autodiscover_json"},
    {GET("/autodiscover/autodiscover.json/v1.0/{email}", PROGRAM), .call = "page_mail_program",
     .page = "autodiscover_json"},
    {GET("/apple.mobileconfig", PROGRAM), .call = "page_mail_program", .page = "mobileconfig"},

    {GET("/me", USER), .call = "page_me", .page = "me"},
    {POST("/me/expiry", USER), .call = "act_me_expiry", .again = "/me"},
    {POST("/me/password", USER), .verb = "password", .fields = "current new", .again = "/me",
     .done = "password"},

    {GET("/account", SESSION), .call = "page_account", .page = "account"},
    {POST("/account", ADMIN), .call = "act_language", .again = "/account"},
    {POST("/account/password", SESSION), .verb = "password", .fields = "current new", .again = "/account",
     .done = "password"},
    {POST("/account/confirm", SESSION), .verb = "confirm", .fields = "password", .again = "/account",
     .done = "confirmed"},
    {POST("/account/second-factor", ADMIN), .verb = "totp-begin", .page = "second_factor",
     .again = "/account"},
    {POST("/account/second-factor/on", ADMIN), .verb = "totp-enable", .fields = "code",
     .page = "recovery_codes", .again = "/account"},
    {POST("/account/second-factor/off", ADMIN), .verb = "totp-disable", .fields = "password",
     .again = "/account", .done = "factor_off"},
    {POST("/account/recovery", ADMIN), .verb = "recovery", .fields = "password", .page = "recovery_codes",
     .again = "/account"},
    {POST("/account/sessions/{id}/end", SESSION), .call = "act_session_end", .again = "/account"},

    {GET("/operator", ADMIN), .call = "page_operator", .page = "operator"},

    {GET("/saved/{id}", SESSION), .call = "page_saved", .page = "saved_page", .fragment = "saved"},

    DOMAIN_PAGE("", "overview", "overview", "overview"),
    DOMAIN_PAGE("/filter", "filter", "filter", "filter"),
    DOMAIN_ACT("/filter", "filter", "/filter"),
    DOMAIN_ACT("/filter/entries", "filter_add", "/filter"),
    DOMAIN_ACT("/filter/entries/delete", "filter_delete", "/filter"),
    DOMAIN_PAGE("/why", "why", "why", "why"),
    DOMAIN_ACT("/why/allow", "why_allow", "/why"),
    DOMAIN_PAGE("/route", "route", "route", "route"),
    DOMAIN_ACT("/route", "route", "/route"),
    DOMAIN_ACT("/route/test", "route_test", "/route"),
    DOMAIN_PAGE("/names", "names", "names", "names"),
    DOMAIN_ACT("/names/claim", "alias_claim", "/names"),
    DOMAIN_ACT("/names/check", "alias_check", "/names"),
    DOMAIN_ACT("/names/withdraw", "alias_withdraw", "/names"),
    DOMAIN_PAGE("/mailboxes", "mailboxes", "mailboxes", "mailboxes"),
    DOMAIN_PAGE("/mailboxes/new", "mailbox_new", "mailbox_new", "mailboxes"),
    DOMAIN_ACT("/mailboxes/new", "mailbox_new", "/mailboxes/new"),
    DOMAIN_PAGE("/mailboxes/import", "import", "import", "mailboxes"),
    {POST("/d/{d}/mailboxes/import/preview", ADMIN), .call = "page_import", .page = "import",
     .section = "mailboxes", .again = "/d/{d}/mailboxes/import"},
    {POST("/d/{d}/mailboxes/import", ADMIN), .call = "act_import", .again = "/d/{d}/mailboxes/import",
     .slow = true}, // it hashes passwords
    DOMAIN_ACT("/mailboxes/restore", "mailbox_restore", "/mailboxes"),
    DOMAIN_PAGE("/mailboxes/{a}", "mailbox", "mailbox", "mailboxes"),
    DOMAIN_ACT("/mailboxes/{a}", "mailbox", "/mailboxes/{a}"),
    DOMAIN_ACT("/mailboxes/{a}/password", "mailbox_password", "/mailboxes/{a}"),
    {POST("/d/{d}/mailboxes/{a}/code", ADMIN), .call = "page_mailbox", .verb = "code", .fields = "address:a",
     .page = "mailbox_code", .section = "mailboxes", .again = "/d/{d}/mailboxes/{a}"},
    DOMAIN_ACT("/mailboxes/{a}/forward", "mailbox_forward", "/mailboxes/{a}"),
    DOMAIN_ACT("/mailboxes/{a}/delete", "mailbox_delete", "/mailboxes/{a}"),
    DOMAIN_PAGE("/aliases", "aliases", "aliases", "aliases"),
    DOMAIN_ACT("/aliases", "alias_add", "/aliases"),
    DOMAIN_ACT("/aliases/delete", "alias_delete", "/aliases"),
    DOMAIN_PAGE("/candidates", "candidates", "candidates", "candidates"),
    DOMAIN_ACT("/candidates/tidy", "tidy", "/candidates"),
    {POST("/d/{d}/candidates/promote", ADMIN), .call = "act_promote", .page = "promoted",
     .section = "candidates", .again = "/d/{d}/candidates"},
    DOMAIN_ACT("/candidates/discard", "discard", "/candidates"),
    DOMAIN_PAGE("/sending", "sending", "sending", "sending"),
    DOMAIN_ACT("/sending/deny", "deny", "/sending"),
    DOMAIN_ACT("/sending/allow", "allow", "/sending"),
    DOMAIN_ACT("/sending/held/release", "held_release", "/sending"),
    DOMAIN_ACT("/sending/held/delete", "held_delete", "/sending"),
    DOMAIN_PAGE("/queue", "queue", "queue", "queue"),
    DOMAIN_ACT("/queue/flush", "flush", "/queue"),
    DOMAIN_PAGE("/alerts", "alerts", "alerts", "alerts"),
    DOMAIN_ACT("/alerts", "alerts", "/alerts"),
    DOMAIN_ACT("/alerts/contacts", "contact_add", "/alerts"),
    DOMAIN_ACT("/alerts/contacts/save", "contact_save", "/alerts"),
    DOMAIN_ACT("/alerts/contacts/delete", "contact_delete", "/alerts"),
    DOMAIN_ACT("/alerts/contacts/test", "contact_test", "/alerts"),
    DOMAIN_ACT("/alerts/contacts/code", "contact_code", "/alerts"),
    DOMAIN_ACT("/alerts/contacts/confirm", "contact_confirm", "/alerts"),
    DOMAIN_PAGE("/reports", "reports", "reports", "reports"),
    DOMAIN_PAGE("/reports/{month}.html", "report_mail", "report.html", "reports"),
    DOMAIN_PAGE("/reports/{month}.txt", "report_mail", "report.txt", "reports"),
    DOMAIN_PAGE("/reports/{month}", "report", "report", "reports"),
    {POST("/d/{d}/reports/{month}/send", ADMIN), .call = "act_report_send", .page = "report.eml",
     .again = "/d/{d}/reports/{month}"},
    DOMAIN_PAGE("/dns", "dns", "dns", "dns"),
    DOMAIN_PAGE("/changes", "changes", "changes", "changes"),
    DOMAIN_ACT("/changes/{id}/undo", "undo", "/changes"),
    DOMAIN_PAGE("/status", "status", "status", "overview"),
};

const unsigned console_route_count = sizeof console_routes / sizeof *console_routes;
