// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/texts/phrase.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

// Marks a text for xgettext(1).
#define N_(text) text

static const char *const phrases[PHRASE_COUNT] = {
    [PHRASE_SERVICE] = N_("the mail service"),
    [PHRASE_KEPT] = N_("Mail for {domain} is accepted here and kept for up to {days} days. It is delivered "
                       "as soon as the server takes it again."),
    [PHRASE_WAITING] = N_("{waiting} messages wait now, the oldest since {oldest} ({zone})."),
    [PHRASE_SINCE] = N_("Since {opened} ({zone})."),
    [PHRASE_UNTIL] = N_("Until {closed} ({zone})."),
    [PHRASE_OBSERVED] = N_("Observation: {detail}"),
    [PHRASE_SMS_CODE] = N_("{detail} is your code to receive alerts of the mail service at this number."),
    [PHRASE_SMS_LAST] = N_("No more SMS will follow this week."),
};

static const struct phrase_set sets[] = {
    {"server", "opened", N_("the mail server does not answer"),
     N_("The mail server of {domain} does not take mail."),
     N_("Please check the server of {domain} and its connection to the Internet. Users can read new mail "
        "here meanwhile."),
     true},
    {"server", "closed", N_("the mail server is back"), N_("The mail server of {domain} takes mail again."),
     NULL, true},
    {"unstable", "opened", N_("the mail server answers on and off"),
     N_("The mail server of {domain} answers at times and at times does not. No further message follows "
        "until it is steady."),
     N_("Please check the load, the network and the limits of the server of {domain}."), true},
    {"unstable", "closed", N_("the mail server is steady again"),
     N_("The mail server of {domain} answers steadily again."), NULL, true},
    {"queue", "opened", N_("mail waits"), N_("Mail for {domain} could not be delivered for some time."),
     N_("Please check that the server of {domain} takes mail, that its disk has room, and that it does not "
        "refuse this service."),
     true},
    {"queue", "closed", N_("mail no longer waits"), N_("The waiting mail for {domain} has been delivered."),
     NULL, true},
    {"round_trip", "opened", N_("probe mail does not come back"),
     N_("The probe mail that is sent to {domain} does not come back, although the server may take it."),
     N_("Please check that the probe address of {domain} is still redirected to this service."), true},
    {"round_trip", "closed", N_("probe mail comes back again"),
     N_("The probe mail that is sent to {domain} comes back again."), NULL, false},
    {"certificate", "opened", N_("the certificate of the mail server ends soon"),
     N_("The TLS certificate of the mail server of {domain} ends soon, or has ended."),
     N_("Please renew it. Mail is delivered nevertheless, but other senders may refuse to."), false},
    {"certificate", "closed", N_("the certificate of the mail server is renewed"),
     N_("The mail server of {domain} has a certificate that is valid for longer."), NULL, false},
    {"quota", "opened", N_("a mailbox is almost full"),
     N_("The mailbox {subject} of {domain} is almost full."),
     N_("Please delete mail, or ask for a larger quota."), false},
    {"quota", "closed", N_("a mailbox has room again"),
     N_("The mailbox {subject} of {domain} has room again."), NULL, false},
    {"expiry", "opened", N_("mail is kept for a shorter time"),
     N_("Mail in the mailbox {subject} of {domain} is kept for a shorter time, since the mailbox is almost "
        "full."),
     N_("Please delete mail that is not needed."), false},
    {"expiry", "closed", N_("mail is kept for the usual time again"),
     N_("Mail in the mailbox {subject} of {domain} is kept for the usual time again."), NULL, false},
    {"sending", "opened", N_("sending was disabled"),
     N_("Sending was disabled for {subject}: it sent very much mail."),
     N_("Change the password of the account, then allow it to send again."), false},
    {"sending", "closed", N_("sending is enabled again"), N_("Sending is enabled again for {subject}."), NULL,
     false},
    {"dnsbl", "opened", N_("a DNS list was cut out"),
     N_("The DNS list {subject} does not answer as a list should, and is not used."),
     N_("Correct the row of table dnsbl, or delete it."), false},
    {"dnsbl", "closed", N_("a DNS list is used again"), N_("The DNS list {subject} is used again."), NULL,
     false},
    {"replica", "opened", N_("the rows of a node are old"), N_("Edits are not in force on node {subject}."),
     N_("See the log of emailgency-replicator there."), false},
    {"replica", "closed", N_("the rows of a node are current again"),
     N_("Edits are in force on node {subject} again."), NULL, false},
    {"self", "opened", N_("very many servers fail at once"),
     N_("Very many customers' servers fail at once, so the network of this service is suspected. No customer "
        "is alerted meanwhile."),
     N_("Check the network and the resolvers of the nodes."), false},
    {"self", "closed", N_("the servers answer again"), N_("The customers' servers answer again."), NULL,
     false},
    {"outbox", "opened", N_("an alert could not be sent"),
     N_("An alert could not be sent, and will not be tried again."),
     N_("select retry_outbox(id) sends it again; table outbox has the errors."), false},
    {"outbox", "closed", N_("alerts are sent again"), N_("No alert failed for a day."), NULL, false},
    {"", "test", N_("test of the alerts"),
     N_("This is a test message for the contacts of {domain}. Nothing happened."), NULL, false},
};

static const struct phrase_set general[] = {
    {"", "opened", N_("an incident began"), N_("An incident of {domain} began."), NULL, false},
    {"", "closed", N_("an incident ended"), N_("An incident of {domain} ended."), NULL, false},
};

const struct phrase_set *phrase_set_of(const char *kind, const char *transition)
{
    for (unsigned i = 0; i < sizeof sets / sizeof *sets; i++)
        if (strcmp(sets[i].kind, kind) == 0 && strcmp(sets[i].transition, transition) == 0)
            return &sets[i];
    return &general[strcmp(transition, "closed") == 0];
}

void phrase_open(const char *folder)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    setlocale(LC_MESSAGES, "C.UTF-8");
    bindtextdomain("emailgency", folder);
    bind_textdomain_codeset("emailgency", "UTF-8");
    textdomain("emailgency");
}

// gettext(3) looks at LANGUAGE again when this number has changed (GNU gettext manual, "Being a `gettext'
// grok").
extern int _nl_msg_cat_cntr;

void phrase_language(const char *language)
{
    setenv("LANGUAGE", language, 1);
    _nl_msg_cat_cntr++;
}

const char *phrase_text(const char *english)
{
    return gettext(english);
}

const char *phrase(enum phrase_id id)
{
    return gettext(phrases[id]);
}
