// SPDX-License-Identifier: BSD-2-Clause
#include "report/compose/report_actions.h"

#include "catalogue/catalogue.h"
#include "report/compose/report_words.h"

#include <string.h>

enum { FULL_PERCENT = 95 };

// By kind of an open incident, in the order in which they matter. Arguments: its start, its subject.
// Mailboxes that are almost full, and mail that is kept for a shorter time, have lists of their own.
static const struct {
    const char *kind, *words;
} advice[] = {
    {"server",
     N_("Your mail server has not answered since %1$s. Please check the server and its connection to "
        "the Internet.")},
    {"unstable",
     N_("Your mail server has answered on and off since %1$s. Please check its load, its network and "
        "its limits.")},
    {"queue", N_("Mail for you has been waiting since %1$s. Please check that your server takes mail and has "
                 "room.")},
    {"round_trip",
     N_("Probe mail has not come back since %1$s. Please check that its address is still redirected "
        "to this service.")},
    {"sending",
     N_("Sending has been disabled for %2$s since %1$s: it sent very much mail. Change the password, "
        "then allow it to send again.")},
    {"sending_limit",
     N_("Mail that users of %2$s send is refused since %1$s: it is more than the plan allows. See who sends "
        "so much.")},
    {"certificate",
     N_("The certificate of your mail server ends soon, or is faulty: this was seen at %1$s. Please "
        "renew it.")},
};

static void add_incidents(struct report_page *page, const struct report_figures *figures)
{
    for (unsigned i = 0; i < sizeof advice / sizeof *advice; i++)
        for (unsigned n = 0; n < figures->open_count; n++)
            if (strcmp(figures->open[n].kind, advice[i].kind) == 0)
                report_page_add(page, REPORT_ACTION, report_words(advice[i].words), figures->open[n].opened,
                                figures->open[n].subject);
}

static unsigned percent(const struct report_mailbox *mailbox)
{
    return (unsigned)(100.0 * (double)mailbox->bytes / (double)mailbox->quota);
}

static void add_mailboxes(struct report_page *page, const struct report_figures *figures)
{
    for (unsigned i = 0; i < figures->mailbox_count; i++)
        if (percent(&figures->mailboxes[i]) >= FULL_PERCENT)
            report_page_add(
                page, REPORT_ACTION,
                report_words(N_("The mailbox %1$s is full to %2$u%%. Please delete mail, or ask for a "
                                "larger quota.")),
                figures->mailboxes[i].address, percent(&figures->mailboxes[i]));
    if (figures->expiry_total > 0)
        report_page_add(
            page, REPORT_ACTION,
            catalogue_plural(REPORT_CATALOGUE,
                             N_("In %lu mailbox, mail is kept for a shorter time than set, since it is "
                                "almost full. Please delete what is not needed."),
                             N_("In %lu mailboxes, mail is kept for a shorter time than set, since they "
                                "are almost full. Please delete what is not needed."),
                             (unsigned long)figures->expiry_total),
            (unsigned long)figures->expiry_total);
}

void report_actions_add(struct report_page *page, const struct report_figures *figures)
{
    report_page_add(page, REPORT_HEADING, "%s", report_words(N_("To do")));
    const size_t before = page->count;
    if (*figures->best_mx)
        report_page_add(
            page, REPORT_ACTION,
            report_words(N_("In DNS, %1$s of this backup service comes first among the mail servers of "
                            "%2$s. Please give your own server the lowest preference number.")),
            figures->best_mx, figures->domain);
    add_incidents(page, figures);
    add_mailboxes(page, figures);
    if (page->count == before)
        report_page_add(page, REPORT_PARAGRAPH, "%s", report_words(N_("Nothing needs your attention.")));
}
