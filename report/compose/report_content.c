// SPDX-License-Identifier: BSD-2-Clause
#include "report/compose/report_content.h"

#include "report/compose/report_actions.h"
#include "report/compose/report_words.h"

#include <stdio.h>

enum { ROWS_MAX = 8 };

struct row {
    enum report_metric metric; // REPORT_METRICS: no more
    bool is_size;
    const char *label;
};

struct section {
    const char *heading;
    struct row rows[ROWS_MAX + 1];
};

static const struct section sections[] = {
    {N_("Mail for you"),
     {{REPORT_RECEIVED, false, N_("Received")},
      {REPORT_RECEIVED_BYTES, true, N_("Size of received mail")},
      {REPORT_DELIVERED, false, N_("Delivered to your server")},
      {REPORT_STORED, false, N_("Stored here, for reading")},
      {REPORT_DEFERRED, false, N_("Had to wait for your server")},
      {REPORT_BOUNCED, false, N_("Refused by your server, returned")},
      {REPORT_EXPIRED, false, N_("Waited in vain, returned")},
      {REPORT_METRICS, false, NULL}}},
    {N_("Stopped before it reached you"),
     {{REPORT_GREYLISTED, false, N_("Asked to come back (greylisting)")},
      {REPORT_RETURNED, false, N_("– of these, came back")},
      {REPORT_BLACKLISTED, false, N_("Client on a block list")},
      {REPORT_SPF, false, N_("Forged sender (SPF)")},
      {REPORT_TOO_BIG, false, N_("Too big")},
      {REPORT_UNKNOWN, false, N_("Unknown recipient")},
      {REPORT_BACKSCATTER, false, N_("False returns (backscatter)")},
      {REPORT_STEALTH, false, N_("Put off by stealth mode")},
      {REPORT_METRICS, false, NULL}}},
    {N_("Mail from you"),
     {{REPORT_SENT, false, N_("Sent")},
      {REPORT_SENT_BYTES, true, N_("Size of sent mail")},
      {REPORT_SENT_BOUNCED, false, N_("Refused elsewhere, returned")},
      {REPORT_SENT_DENIED, false, N_("Not sent: sending is disabled")},
      {REPORT_METRICS, false, NULL}}},
};

static bool any_known(const struct report_figures *figures, bool before)
{
    for (unsigned metric = 0; metric < REPORT_METRICS; metric++)
        if (before ? figures->numbers[metric].before.known : figures->numbers[metric].now.known)
            return true;
    return false;
}

static void words_of(struct report_value value, bool is_size, char out[REPORT_WORDS_MAX])
{
    out[0] = '\0';
    if (value.known && is_size)
        report_words_bytes(value.value, out);
    else if (value.known)
        report_words_count(value.value, out);
}

// The greatest count of a section, of which bars show a share.
static uint64_t greatest(const struct section *section, const struct report_figures *figures)
{
    uint64_t most = 0;
    for (const struct row *row = section->rows; row->metric != REPORT_METRICS; row++) {
        const struct report_value now = figures->numbers[row->metric].now;
        if (!row->is_size && now.known && now.value > most)
            most = now.value;
    }
    return most;
}

static int share_of(struct report_value value, uint64_t most)
{
    if (!value.known || most == 0)
        return REPORT_NO_BAR;
    return (int)((100.0 * (double)value.value + (double)most - 1) / (double)most);
}

static void add_row(struct report_page *page, const struct row *row, const struct report_number *number,
                    bool compared, uint64_t most)
{
    char now[REPORT_WORDS_MAX], before[REPORT_WORDS_MAX], change[REPORT_WORDS_MAX] = "";
    words_of(number->now, row->is_size, now);
    words_of(number->before, row->is_size, before);
    if (number->now.known && number->before.known)
        report_words_change(number->now.value, number->before.value, change);
    report_page_add_cells(page, REPORT_FIGURE,
                          (const char *[REPORT_CELLS]){report_words(row->label), now,
                                                       compared ? before : NULL, compared ? change : NULL},
                          row->is_size ? REPORT_NO_BAR : share_of(number->now, most));
}

static void add_section(struct report_page *page, const struct section *section,
                        const struct report_figures *figures)
{
    const bool compared = any_known(figures, true);
    bool begun = false;
    for (const struct row *row = section->rows; row->metric != REPORT_METRICS; row++) {
        const struct report_number *number = &figures->numbers[row->metric];
        if (!number->now.known && !number->before.known)
            continue;
        if (!begun)
            report_page_add_cells(page, REPORT_COLUMNS,
                                  (const char *[REPORT_CELLS]){
                                      report_words(section->heading), report_words_month(figures->month),
                                      compared ? report_words_month(figures->month + 11) : NULL,
                                      compared ? report_words(N_("Change")) : NULL},
                                  REPORT_NO_BAR);
        begun = true;
        add_row(page, row, number, compared, greatest(section, figures));
    }
}

static void add_silence(struct report_page *page, const struct report_figures *figures)
{
    report_page_add(page, REPORT_HEADING, "%s", report_words(N_("Mail for you")));
    report_page_add(
        page, REPORT_PARAGRAPH, "%s",
        figures->primary
            ? report_words(N_("No mail came through this service in the month."))
            : report_words(N_("No mail came through this service in the month. That is usual while "
                              "your own server takes all mail.")));
}

static void add_weeks(struct report_page *page, const struct report_figures *figures)
{
    uint64_t most = 0;
    for (unsigned i = 0; i < figures->week_count; i++)
        if (figures->weeks[i].received.known && figures->weeks[i].received.value > most)
            most = figures->weeks[i].received.value;
    if (most == 0)
        return;
    report_page_add(page, REPORT_HEADING, "%s", report_words(N_("Received, week by week")));
    for (unsigned i = 0; i < figures->week_count; i++) {
        const struct report_week *week = &figures->weeks[i];
        char days[REPORT_WORDS_MAX], count[REPORT_WORDS_MAX];
        if (!week->received.known)
            continue;
        snprintf(days, sizeof days, report_words(N_("%3$s %1$u to %2$u")), week->first, week->last,
                 report_words_month(figures->month));
        report_words_count(week->received.value, count);
        report_page_add_cells(page, REPORT_ITEM, (const char *[REPORT_CELLS]){days, count},
                              share_of(week->received, most));
    }
}

static void add_more(struct report_page *page, uint64_t total, unsigned shown)
{
    char count[REPORT_WORDS_MAX];
    if (total <= shown)
        return;
    report_words_count(total - shown, count);
    report_page_add(page, REPORT_PARAGRAPH, report_words(N_("And %s more.")), count);
}

static void add_outage(struct report_page *page, const struct report_outage *outage)
{
    char times[REPORT_CELL_MAX], minutes[REPORT_WORDS_MAX], right[REPORT_CELL_MAX];
    report_words_minutes(outage->minutes, minutes);
    if (*outage->closed)
        snprintf(times, sizeof times, report_words(N_("%s to %s")), outage->opened, outage->closed);
    else
        snprintf(times, sizeof times, report_words(N_("since %s")), outage->opened);
    snprintf(right, sizeof right, "%s%s", minutes, outage->unstable ? report_words(N_(", on and off")) : "");
    report_page_add_cells(page, REPORT_ITEM, (const char *[REPORT_CELLS]){times, right}, REPORT_NO_BAR);
}

// Mail that waited and the longest delay are of the month, not of outages alone: a server may be slow, too.
static void add_outages(struct report_page *page, const struct report_figures *figures)
{
    const struct report_value kept = figures->numbers[REPORT_DEFERRED].now,
                              delay = figures->numbers[REPORT_DELAY].now;
    char words[REPORT_WORDS_MAX];
    report_page_add(page, REPORT_HEADING, "%s", report_words(N_("Outages of your mail server")));
    if (figures->outage_total == 0)
        report_page_add(page, REPORT_PARAGRAPH, "%s",
                        figures->watched
                            ? report_words(N_("None was seen."))
                            : report_words(N_("Your server is not watched: monitoring is off.")));
    for (unsigned i = 0; i < figures->outage_count; i++)
        add_outage(page, &figures->outages[i]);
    add_more(page, figures->outage_total, figures->outage_count);
    if (figures->outage_total > 0) {
        report_words_minutes(figures->outage_minutes, words);
        report_page_add(page, REPORT_PARAGRAPH, report_words(N_("Without a server for %s in all.")), words);
    }
    if (kept.known && kept.value > 0) {
        report_words_count(kept.value, words);
        report_page_add(page, REPORT_PARAGRAPH,
                        report_words(N_("Mail that was kept here until your server took it: %s.")), words);
    }
    if (delay.known) {
        report_words_minutes((delay.value + 59) / 60, words);
        report_page_add(page, REPORT_PARAGRAPH, report_words(N_("Longest delay: %s.")), words);
    }
}

static void add_mailboxes(struct report_page *page, const struct report_figures *figures)
{
    if (figures->mailbox_count > 0)
        report_page_add(page, REPORT_HEADING, "%s", report_words(N_("Mailboxes near their quota")));
    for (unsigned i = 0; i < figures->mailbox_count; i++) {
        const struct report_mailbox *mailbox = &figures->mailboxes[i];
        char used[REPORT_WORDS_MAX], quota[REPORT_WORDS_MAX], right[REPORT_CELL_MAX];
        const struct report_value bytes = {.known = true, .value = mailbox->bytes};
        const int share = share_of(bytes, mailbox->quota);
        report_words_bytes(mailbox->bytes, used);
        report_words_bytes(mailbox->quota, quota);
        snprintf(right, sizeof right, report_words(N_("%s of %s")), used, quota);
        report_page_add_cells(page, REPORT_ITEM, (const char *[REPORT_CELLS]){mailbox->address, right},
                              share < 100 ? share : 100);
    }
    add_more(page, figures->mailbox_total, figures->mailbox_count);
}

static void add_expiry(struct report_page *page, const struct report_figures *figures)
{
    if (figures->expiry_count > 0)
        report_page_add(page, REPORT_HEADING, "%s", report_words(N_("Mail that is kept for a shorter time")));
    for (unsigned i = 0; i < figures->expiry_count; i++) {
        const struct report_expiry *expiry = &figures->expiry[i];
        char right[REPORT_CELL_MAX];
        snprintf(right, sizeof right, report_words(N_("%lu instead of %lu days")),
                 (unsigned long)expiry->days, (unsigned long)expiry->usual);
        report_page_add_cells(page, REPORT_ITEM, (const char *[REPORT_CELLS]){expiry->address, right},
                              REPORT_NO_BAR);
    }
    add_more(page, figures->expiry_total, figures->expiry_count);
}

static void add_notes(struct report_page *page, const struct report_figures *figures)
{
    if (*figures->since)
        report_page_add(page, REPORT_NOTE, report_words(N_("The figures begin on %s.")), figures->since);
    else if (any_known(figures, false) && !any_known(figures, true))
        report_page_add(page, REPORT_NOTE, "%s",
                        report_words(N_("There is no earlier month to compare with.")));
    report_page_add(page, REPORT_NOTE,
                    report_words(N_("Counts are of days in UTC. Other times are those of %s.")),
                    figures->zone);
    report_page_add(
        page, REPORT_NOTE,
        report_words(N_("You receive this each month as a contact of %s. Your mail program may offer to "
                        "unsubscribe; the setting is monthly_report of the contact.")),
        figures->domain);
}

void report_content_title(const struct report_figures *figures, char *out, size_t size)
{
    snprintf(out, size, report_words(N_("Mail report of %1$s for %2$s %3$u")), figures->domain,
             report_words_month(figures->month), figures->year);
}

void report_content_fill(struct report_page *page, const struct report_figures *figures)
{
    char title[REPORT_CELL_MAX];
    report_content_title(figures, title, sizeof title);
    report_page_add(page, REPORT_TITLE, "%s", title);
    report_actions_add(page, figures);
    if (!any_known(figures, false))
        add_silence(page, figures);
    for (unsigned i = 0; i < sizeof sections / sizeof *sections; i++)
        add_section(page, &sections[i], figures);
    add_weeks(page, figures);
    add_outages(page, figures);
    add_mailboxes(page, figures);
    add_expiry(page, figures);
    add_notes(page, figures);
}
