// SPDX-License-Identifier: BSD-2-Clause
// An answer at a daemon's address of metrics, through the judgement to the outputs of `emailgencyctl
// status`.
#include "ctl/status/metric_text.h"
#include "ctl/status/status_judge.h"
#include "fuzz.h"

#include <stdlib.h>

static void check_samples(struct slice in)
{
    struct slice rest = in;
    struct metric_sample sample;
    char label[16];
    while (metric_text_next(&rest, &sample)) {
        FUZZ_CHECK(sample.name.len > 0 && fuzz_within(sample.name, in));
        FUZZ_CHECK(sample.labels.len == 0 || fuzz_within(sample.labels, in));
        const bool known = metric_text_label(&sample, "zone", label, sizeof label);
        FUZZ_CHECK(strlen(label) < sizeof label && (known || label[0] == '\0'));
    }
    FUZZ_CHECK(rest.len == 0);
}

// One line per output that has to be one, of printable ASCII.
static void check_line(bool (*print)(const struct status_report *, FILE *),
                       const struct status_report *report)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    FUZZ_CHECK(out && print(report, out));
    fclose(out);
    FUZZ_CHECK(len > 0 && text[len - 1] == '\n');
    for (size_t i = 0; i + 1 < len; i++)
        FUZZ_CHECK((text[i] >= ' ' && text[i] <= '~') || (text[i] == '\n' && print == status_print));
    FUZZ_CHECK(print == status_print || memchr(text, '\n', len) == text + len - 1);
    free(text);
}

static bool print_json(const struct status_report *report, FILE *out)
{
    return status_print_json(report, "1.2.3", out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct status_report report;
    const struct slice in = slice_make((const char *)data, size);
    struct status_facts facts = {
        .now = 1700000000, .version = "1.2.3", .spf_workers = 2, .greylist_cache = 100};
    check_samples(in);
    for (int i = 0; i < STATUS_DAEMONS; i++)
        facts.daemons[i] =
            (struct status_seen){.answer = STATUS_ANSWERS, .address = "127.0.0.1:1", .metrics = in};
    status_judge(&facts, &report);
    check_line(status_print, &report);
    check_line(status_print_nagios, &report);
    check_line(print_json, &report);
    return 0;
}
