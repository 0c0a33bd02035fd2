// SPDX-License-Identifier: BSD-2-Clause
#include "report/compose/report_words.h"

#include "catalogue/catalogue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *report_words(const char *english)
{
    return catalogue_text(REPORT_CATALOGUE, english);
}

// The separators of a language are those of its form of this number.
static void separators(char thousands[8], char decimal[8])
{
    const char *sample = report_words(N_("1,234.5"));
    const char *middle = strstr(sample, "234"), *end = middle ? strchr(middle, '5') : NULL;
    snprintf(thousands, 8, "%.*s", middle ? (int)(middle - sample - 1) : 1, middle ? sample + 1 : ",");
    snprintf(decimal, 8, "%.*s", end ? (int)(end - middle - 3) : 1, end ? middle + 3 : ".");
}

void report_words_count(uint64_t count, char out[REPORT_WORDS_MAX])
{
    char digits[24], thousands[8], decimal[8];
    size_t used = 0;
    separators(thousands, decimal);
    const size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count);
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            used += (size_t)snprintf(out + used, REPORT_WORDS_MAX - used, "%s", thousands);
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

void report_words_bytes(uint64_t bytes, char out[REPORT_WORDS_MAX])
{
    char units[40], digits[REPORT_WORDS_MAX / 2], thousands[8], decimal[8], *rest = units;
    double value = (double)bytes;
    separators(thousands, decimal);
    snprintf(units, sizeof units, "%s", report_words(N_("B kB MB GB TB PB EB")));
    const char *unit = strsep(&rest, " ");
    for (; value >= 999.5 && rest; unit = strsep(&rest, " "))
        value /= 1000;
    const int places = unit == units || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    const int len = snprintf(digits, sizeof digits, "%.*f", places, value);
    if (places == 0)
        snprintf(out, REPORT_WORDS_MAX, "%s %s", digits, unit);
    else
        snprintf(out, REPORT_WORDS_MAX, "%.*s%s%s %s", len - places - 1, digits, decimal,
                 digits + len - places, unit);
}

void report_words_minutes(uint64_t minutes, char out[REPORT_WORDS_MAX])
{
    const unsigned days = (unsigned)(minutes / 1440), hours = (unsigned)(minutes / 60 % 24),
                   rest = (unsigned)(minutes % 60);
    if (days > 0)
        snprintf(out, REPORT_WORDS_MAX, report_words(N_("%u d %u h")), days, hours);
    else if (hours > 0)
        snprintf(out, REPORT_WORDS_MAX, report_words(N_("%u h %u min")), hours, rest);
    else
        snprintf(out, REPORT_WORDS_MAX, report_words(N_("%u min")), rest);
}

void report_words_change(uint64_t now, uint64_t before, char out[REPORT_WORDS_MAX])
{
    out[0] = '\0';
    if (now == before)
        snprintf(out, REPORT_WORDS_MAX, "=");
    else if (before > 0)
        snprintf(out, REPORT_WORDS_MAX, report_words(N_("%+.0f%%")),
                 100.0 * ((double)now - (double)before) / (double)before);
}

const char *report_words_month(unsigned month)
{
    static const char *const months[] = {N_("January"),   N_("February"), N_("March"),    N_("April"),
                                         N_("May"),       N_("June"),     N_("July"),     N_("August"),
                                         N_("September"), N_("October"),  N_("November"), N_("December")};
    return report_words(months[(month + 11) % 12]);
}
