// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/texts/phrase.h"

#include "catalogue/catalogue.h"

#include <string.h>

#define CATALOGUE "emailgency"

// Marks a text for xgettext(1).
#define N_(text) (text)

static const char *const phrases[PHRASE_COUNT] = {
    [PHRASE_SERVICE] = N_("the mail service"),
    [PHRASE_KEPT] = N_("Mail for {domain} is accepted here and kept for up to {days} days. It is delivered "
                       "as soon as the server takes it again."),
    [PHRASE_DELIVERED] = N_("Mail for {domain} that waited here is being delivered."),
    [PHRASE_WAITING] = N_("Messages that wait now: {waiting}, the oldest since {oldest} ({zone})."),
    [PHRASE_NONE_WAITS] = N_("No message waits now."),
    [PHRASE_SINCE] = N_("Since {opened} ({zone})."),
    [PHRASE_UNTIL] = N_("Until {closed} ({zone})."),
    [PHRASE_OBSERVED] = N_("Observation: {detail}"),
    [PHRASE_SMS_SINCE] = N_(" (since {opened})"),
    [PHRASE_SMS_WAITING] = N_(" Waiting messages: {waiting}."),
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
    {"queue", "closed", N_("mail no longer waits for long"),
     N_("Little of the mail for {domain} waits for long now."), NULL, true},
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
    {"starttls", "opened", N_("TLS of the mail server fails"),
     N_("The mail server of {domain} offers STARTTLS, but no TLS connection comes about."),
     N_("Please check the certificate, the key and the TLS settings of the server. Mail is delivered without "
        "encryption meanwhile; other senders may refuse to."),
     false},
    {"starttls", "closed", N_("TLS of the mail server works again"),
     N_("TLS connections with the mail server of {domain} come about again."), NULL, false},
    {"quota", "opened", N_("mailbox {subject} is almost full"),
     N_("The mailbox {subject} of {domain} is almost full."),
     N_("Please delete mail, or ask for a larger quota."), false},
    {"quota", "closed", N_("mailbox {subject} has room again"),
     N_("The mailbox {subject} of {domain} has room again."), NULL, false},
    {"expiry", "opened", N_("mail of {subject} is kept for a shorter time"),
     N_("Mail in the mailbox {subject} of {domain} is kept for a shorter time, since the mailbox is almost "
        "full."),
     N_("Please delete mail that is not needed."), false},
    {"expiry", "closed", N_("mail of {subject} is kept for the usual time again"),
     N_("Mail in the mailbox {subject} of {domain} is kept for the usual time again."), NULL, false},
    {"sending", "opened", N_("sending was disabled for {subject}"),
     N_("Sending was disabled for {subject}: it sent very much mail."),
     N_("Change the password of the account, then allow it to send again."), false},
    {"sending", "closed", N_("sending is enabled again for {subject}"),
     N_("Sending is enabled again for {subject}."), NULL, false},
    {"sending_limit", "opened", N_("{subject} sends more than its plan allows"),
     N_("Mail that users of {subject} send is refused: it is more than the plan allows."),
     N_("See who sends so much: the password of an account may be known to others."), false},
    {"sending_limit", "closed", N_("{subject} may send again"),
     N_("Users of {subject} send no more than the plan allows."), NULL, false},
    {"dnsbl", "opened", N_("DNS list {subject} was cut out"),
     N_("The DNS list {subject} does not answer as a list should, and is not used. Mail is judged without it "
        "meanwhile."),
     N_("See the log of emailgency-policyd on these nodes. If the list has closed, correct its row of table "
        "dnsbl, or delete it."),
     false},
    {"dnsbl", "closed", N_("DNS list {subject} is used again"), N_("The DNS list {subject} is used again."),
     NULL, false},
    {"replica", "opened", N_("node {subject} is not current"),
     N_("Edits are not in force on node {subject}, or it does not report. Mail that it takes is handled by "
        "the "
        "rows that it has."),
     N_("See the logs of emailgency-replicator, emailgency-notifier and emailgency-queuewatch there. A node "
        "that "
        "does not exist any more is removed by: delete from node where name = '{subject}'"),
     false},
    {"replica", "closed", N_("node {subject} is current again"),
     N_("Node {subject} reports, and edits are in force there again."), NULL, false},
    {"self", "opened", N_("very many servers fail at once"),
     N_("Very many customers' servers fail at once, so the network of this service is suspected. No customer "
        "is alerted meanwhile, and their mail is kept."),
     N_("Check the network and the resolvers of the nodes."), false},
    {"self", "closed", N_("the servers answer again"), N_("The customers' servers answer again."), NULL,
     false},
    {"outbox", "opened", N_("an alert could not be sent"),
     N_("An alert could not be sent, and will not be tried again."),
     N_("select retry_outbox(id) sends it again; table outbox has the errors."), false},
    {"outbox", "closed", N_("alerts are sent again"), N_("No alert failed for a day."), NULL, false},
    {"database", "opened", N_("the database does not answer"),
     N_("Node {subject} cannot reach its database. Mail flows by the rows that the node has; edits, counts "
        "and "
        "the customers' alerts wait until the database is back. Servers are watched meanwhile."),
     N_("Check the database server, and the network between it and the node."), false},
    {"database", "closed", N_("the database answers again"),
     N_("Node {subject} reaches its database again. What was found meanwhile is in the list of incidents."),
     NULL, false},
    {"account", "reset", N_("a new password for your log-in"),
     N_("Somebody asked for a new password for your log-in to the console of the mail service. This link "
        "sets "
        "it: {subject}"),
     N_("The link is good for 30 minutes, once. If it was not you, ignore this message: nothing has "
        "changed."),
     false},
    {"account", "invited", N_("your log-in to the console"),
     N_("You have a log-in to the console of the mail service now. This link sets its password: {subject}"),
     N_("The link is good for three days, once. After that, have another one sent by the page of the "
        "log-in."),
     false},
    {"account", "changed", N_("your log-in was changed"),
     N_("The password or the second factor of your log-in {subject} was changed."),
     N_("If it was not you, set another password at once, and tell the operator of the service."), false},
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
    catalogue_open(CATALOGUE, folder);
}

void phrase_language(const char *language)
{
    catalogue_language(language);
}

const char *phrase_text(const char *english)
{
    return catalogue_text(CATALOGUE, english);
}

const char *phrase(enum phrase_id id)
{
    return catalogue_text(CATALOGUE, phrases[id]);
}
