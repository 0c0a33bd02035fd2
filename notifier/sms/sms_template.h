// SPDX-License-Identifier: BSD-2-Clause
// Text with names in braces, filled with values that are escaped for their place. Braces around anything that
// is no lower-case word, such as those of JSON, stay. Pure.
#ifndef NOTIFIER_SMS_SMS_TEMPLATE_H
#define NOTIFIER_SMS_SMS_TEMPLATE_H

#include "base/slice.h"

enum sms_escape {
    SMS_ESCAPE_NONE,   // what is signed
    SMS_ESCAPE_URL,    // percent-encoding (RFC 3986 section 2.1), which is right for a form, too
    SMS_ESCAPE_JSON,   // within a string (RFC 8259 section 7)
    SMS_ESCAPE_XML,    // of text and of attributes in quotes
    SMS_ESCAPE_HEADER, // of a header: no control bytes
};

struct sms_value {
    const char *name;
    struct slice value;
};

struct sms_values {
    const struct sms_value *first;
    size_t count;
};

// Appends the filled text to `out` of `size` bytes, where `*used` are taken; it ends in NUL. Returns false if
// it does not fit or if a name has no value.
bool sms_template_fill(struct slice text, enum sms_escape escape, const struct sms_values *values, char *out,
                       size_t size, size_t *used);

#endif
