// SPDX-License-Identifier: BSD-2-Clause
// The output of `emailgencyctl spf check`.
#ifndef CTL_SPF_SPF_TRANSCRIPT_H
#define CTL_SPF_SPF_TRANSCRIPT_H

#include "wire/spf_codec.h"

#include <stdio.h>

// Both return false if the stream failed or if out of memory. The text begins with the result's word on a
// line of its own; the JSON form is one object.
bool spf_transcript_print(const struct spf_request *request, const struct spf_verdict *verdict, FILE *out)
    __attribute__((warn_unused_result));
bool spf_transcript_print_json(const struct spf_request *request, const struct spf_verdict *verdict,
                               FILE *out) __attribute__((warn_unused_result));

#endif
