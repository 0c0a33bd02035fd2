// SPDX-License-Identifier: BSD-2-Clause
// Phrases, numbers, sizes, times and months in the language of catalogue_language(). Pure, but for
// gettext(3).
#ifndef REPORT_COMPOSE_REPORT_WORDS_H
#define REPORT_COMPOSE_REPORT_WORDS_H

#include <stdint.h>

#define REPORT_CATALOGUE "emailgency-report"
#define REPORT_WORDS_MAX 80

// Marks a text for xgettext(1).
#define N_(text) text

// The text in the language.
const char *report_words(const char *english) __attribute__((format_arg(1)));

// "1,234"
void report_words_count(uint64_t count, char out[REPORT_WORDS_MAX]);
// "1.2 GB", with units of 1000.
void report_words_bytes(uint64_t bytes, char out[REPORT_WORDS_MAX]);
// "1 h 38 min", "3 d 4 h"
void report_words_minutes(uint64_t minutes, char out[REPORT_WORDS_MAX]);
// "+12%", "-3%", "=" if nothing changed, "" if there is nothing to divide by.
void report_words_change(uint64_t now, uint64_t before, char out[REPORT_WORDS_MAX]);
// "November"; `month` is 1 … 12.
const char *report_words_month(unsigned month);

#endif
