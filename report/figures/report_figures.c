// SPDX-License-Identifier: BSD-2-Clause
#include "report/figures/report_figures.h"

#include <jansson.h>
#include <stdio.h>

// Names in `activity`. Two programs count mail and bytes; the first name that is there is shown, so that
// both months come from the same.
static const char *const names[REPORT_METRICS][3] = {
    [REPORT_RECEIVED] = {"accepted_messages"},
    [REPORT_RECEIVED_BYTES] = {"accepted_bytes", "bytes_in"},
    [REPORT_DELIVERED] = {"delivered"},
    [REPORT_STORED] = {"stored"},
    [REPORT_DEFERRED] = {"deferred"},
    [REPORT_BOUNCED] = {"bounced"},
    [REPORT_EXPIRED] = {"expired"},
    [REPORT_GREYLISTED] = {"greylisted"},
    [REPORT_RETURNED] = {"greylist_returned"},
    [REPORT_BLACKLISTED] = {"blacklisted"},
    [REPORT_SPF] = {"spf_refused"},
    [REPORT_TOO_BIG] = {"too_big"},
    [REPORT_UNKNOWN] = {"unknown_recipient"},
    [REPORT_BACKSCATTER] = {"backscatter"},
    [REPORT_STEALTH] = {"stealth"},
    [REPORT_SENT] = {"sent_messages", "outgoing_messages"},
    [REPORT_SENT_BYTES] = {"sent_bytes", "bytes_out"},
    [REPORT_SENT_BOUNCED] = {"outgoing_bounced"},
    [REPORT_SENT_DENIED] = {"smtp_denied"},
    [REPORT_DELAY] = {"delay_max", "longest_delay"},
};

static bool get_text(const json_t *value, char *out, size_t size)
{
    const char *text = json_string_value(value);
    return text && json_string_length(value) == strlen(text) && slice_copy(slice_from(text), out, size);
}

// The same, cut where it does not fit; no character is cut in two.
static bool get_start(const json_t *value, char *out, size_t size)
{
    const char *text = json_string_value(value);
    size_t len = text ? strnlen(text, size - 1) : 0;
    while (len > 0 && text[len] && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return text && slice_copy(slice_make(text, len), out, size);
}

static bool get_count(const json_t *value, uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static struct report_value get_value(const json_t *value)
{
    struct report_value out = {.known = false};
    out.known = get_count(value, &out.value);
    return out;
}

static void read_numbers(const json_t *numbers, struct report_figures *figures)
{
    for (unsigned metric = 0; metric < REPORT_METRICS; metric++) {
        const json_t *pair = NULL;
        for (unsigned i = 0; i < 3 && names[metric][i] && !pair; i++)
            pair = json_object_get(numbers, names[metric][i]);
        figures->numbers[metric] = (struct report_number){.now = get_value(json_array_get(pair, 0)),
                                                          .before = get_value(json_array_get(pair, 1))};
    }
}

static bool read_week(const json_t *row, void *out)
{
    struct report_week *week = out;
    uint64_t first, last;
    if (!get_count(json_array_get(row, 0), &first) || !get_count(json_array_get(row, 1), &last) || last > 31)
        return false;
    *week = (struct report_week){.first = (unsigned)first,
                                 .last = (unsigned)last,
                                 .received = get_value(json_array_get(row, 2)),
                                 .refused = get_value(json_array_get(row, 3))};
    return true;
}

static bool read_outage(const json_t *row, void *out)
{
    struct report_outage *outage = out;
    char kind[REPORT_TIME_MAX];
    if (!get_text(json_array_get(row, 0), kind, sizeof kind))
        return false;
    outage->unstable = strcmp(kind, "unstable") == 0;
    return get_text(json_array_get(row, 1), outage->opened, sizeof outage->opened) &&
           get_text(json_array_get(row, 2), outage->closed, sizeof outage->closed) &&
           get_count(json_array_get(row, 3), &outage->minutes);
}

static bool read_mailbox(const json_t *row, void *out)
{
    struct report_mailbox *mailbox = out;
    return get_text(json_array_get(row, 0), mailbox->address, sizeof mailbox->address) &&
           get_count(json_array_get(row, 1), &mailbox->bytes) &&
           get_count(json_array_get(row, 2), &mailbox->quota) && mailbox->quota > 0;
}

static bool read_expiry(const json_t *row, void *out)
{
    struct report_expiry *expiry = out;
    return get_text(json_array_get(row, 0), expiry->address, sizeof expiry->address) &&
           get_count(json_array_get(row, 1), &expiry->days) &&
           get_count(json_array_get(row, 2), &expiry->usual);
}

static bool read_incident(const json_t *row, void *out)
{
    struct report_incident *incident = out;
    return get_start(json_array_get(row, 0), incident->kind, sizeof incident->kind) &&
           get_start(json_array_get(row, 1), incident->subject, sizeof incident->subject) &&
           get_text(json_array_get(row, 2), incident->opened, sizeof incident->opened);
}

// The rows of a list, at most `max`, each of `size` bytes; a row that is wrong makes the list wrong.
static bool read_list(const json_t *list, bool (*read)(const json_t *, void *), void *out, size_t size,
                      unsigned max, unsigned *count)
{
    *count = 0;
    if (!json_is_array(list))
        return false;
    for (size_t i = 0; i < json_array_size(list) && *count < max; i++) {
        if (!read(json_array_get(list, i), (char *)out + *count * size))
            return false;
        ++*count;
    }
    return true;
}

#define READ_LIST(list, read, rows, max, count) read_list(list, read, rows, sizeof *(rows), max, count)

static const char *read_head(const json_t *root, struct report_figures *figures)
{
    char month[REPORT_TIME_MAX], mode[16];
    if (!get_text(json_object_get(root, "domain"), figures->domain, sizeof figures->domain))
        return "domain";
    if (!get_text(json_object_get(root, "language"), figures->language, sizeof figures->language))
        return "language";
    if (!get_text(json_object_get(root, "zone"), figures->zone, sizeof figures->zone))
        return "zone";
    if (!get_text(json_object_get(root, "month"), month, sizeof month) ||
        sscanf(month, "%4u-%2u", &figures->year, &figures->month) != 2 || figures->month < 1 ||
        figures->month > 12)
        return "month";
    if (!get_text(json_object_get(root, "since"), figures->since, sizeof figures->since))
        return "since";
    if (!get_text(json_object_get(root, "mode"), mode, sizeof mode))
        return "mode";
    if (!get_text(json_object_get(root, "best_mx"), figures->best_mx, sizeof figures->best_mx))
        return "best_mx";
    figures->primary = strcmp(mode, "primary") == 0;
    figures->watched = json_is_true(json_object_get(root, "watched"));
    return NULL;
}

// The first member that is not as it should be; NULL: none.
static const char *read_all(const json_t *root, struct report_figures *figures)
{
    const json_t *outages = json_object_get(root, "outages"), *mailboxes = json_object_get(root, "mailboxes"),
                 *expiry = json_object_get(root, "expiry");
    const char *wrong = read_head(root, figures);
    if (wrong)
        return wrong;
    if (!json_is_object(json_object_get(root, "numbers")))
        return "numbers";
    read_numbers(json_object_get(root, "numbers"), figures);
    if (!READ_LIST(json_object_get(root, "weeks"), read_week, figures->weeks, REPORT_WEEKS_MAX,
                   &figures->week_count))
        return "weeks";
    if (!get_count(json_object_get(outages, "count"), &figures->outage_total) ||
        !get_count(json_object_get(outages, "minutes"), &figures->outage_minutes) ||
        !READ_LIST(json_object_get(outages, "longest"), read_outage, figures->outages, REPORT_LIST_MAX,
                   &figures->outage_count))
        return "outages";
    if (!get_count(json_object_get(mailboxes, "count"), &figures->mailbox_total) ||
        !READ_LIST(json_object_get(mailboxes, "fullest"), read_mailbox, figures->mailboxes, REPORT_LIST_MAX,
                   &figures->mailbox_count))
        return "mailboxes";
    if (!get_count(json_object_get(expiry, "count"), &figures->expiry_total) ||
        !READ_LIST(json_object_get(expiry, "shortest"), read_expiry, figures->expiry, REPORT_LIST_MAX,
                   &figures->expiry_count))
        return "expiry";
    return READ_LIST(json_object_get(root, "open"), read_incident, figures->open, REPORT_LIST_MAX,
                     &figures->open_count)
               ? NULL
               : "open";
}

bool report_figures_parse(struct slice json, struct report_figures *figures, struct problem *problem)
{
    json_error_t error;
    json_t *root = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, &error);
    *figures = (struct report_figures){.month = 0};
    const char *wrong = root ? read_all(root, figures) : NULL;
    const bool right = root && !wrong;
    if (!root)
        (void)problem_set(problem, "the figures are no JSON: %s", error.text);
    else if (wrong)
        (void)problem_set(problem, "\"%s\" of the figures is not as it should be: run emailgency-migrate",
                          wrong);
    json_decref(root);
    return right;
}
