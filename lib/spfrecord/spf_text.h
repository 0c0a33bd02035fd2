// SPDX-License-Identifier: BSD-2-Clause
// An SPF record as a person copies it: from the answer of a DNS tool, a panel or a zone file. Pure.
#ifndef SPFRECORD_SPF_TEXT_H
#define SPFRECORD_SPF_TEXT_H

#include "base/slice.h"

enum { SPF_TEXT_MAX = 2000 };

enum spf_text_rc {
    SPF_TEXT_RECORD,
    SPF_TEXT_EMPTY,
    SPF_TEXT_LONG,    // more than SPF_TEXT_MAX bytes
    SPF_TEXT_BYTE,    // another byte than printable ASCII
    SPF_TEXT_OTHER,   // does not begin with v=spf1
    SPF_TEXT_SEVERAL, // has v=spf1 again
};

// Reads the record's text. Quoted strings are joined without a blank (RFC 7208 section 3.3), with their
// escapes (RFC 1035 section 5.1) undone; a line break within the text is a blank, since lines are broken
// between terms. `*out` is in `room`; its terms may be wrong.
enum spf_text_rc spf_text_read(struct slice typed, char room[SPF_TEXT_MAX], struct slice *out)
    __attribute__((warn_unused_result));

#endif
