// SPDX-License-Identifier: BSD-2-Clause
// Prometheus text (exposition format 0.0.4), as a daemon's /metrics answers, one sample at a time. Any bytes
// may be in it: what is no sample is skipped.
#ifndef CTL_STATUS_METRIC_TEXT_H
#define CTL_STATUS_METRIC_TEXT_H

#include "base/slice.h"

struct metric_sample {
    struct slice name;
    struct slice labels; // what is between the braces; empty where there are none
    double value;        // may be NaN or infinite
};

// Takes the next sample from the head of `*rest`. Returns false, with `*rest` empty, if there is no more. The
// slices point into `*rest`.
bool metric_text_next(struct slice *rest, struct metric_sample *out) __attribute__((warn_unused_result));

// Finds the first sample of this name, with any labels, whose value is a finite number.
bool metric_text_find(struct slice text, const char *name, double *out) __attribute__((warn_unused_result));

// Writes the value of a label, without its escapes. Returns false, with an empty text, if the sample has no
// such label, the labels are malformed before it, or its value does not fit.
bool metric_text_label(const struct metric_sample *sample, const char *label, char *out, size_t size)
    __attribute__((warn_unused_result));

#endif
