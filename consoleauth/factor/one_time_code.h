// SPDX-License-Identifier: BSD-2-Clause
// Codes that people type: 80 random bits as four groups of four, "K7QM-2XRA-99TD-BHWE", without the letters
// and digits that look alike. Pure.
#ifndef CONSOLEAUTH_FACTOR_ONE_TIME_CODE_H
#define CONSOLEAUTH_FACTOR_ONE_TIME_CODE_H

#include "base/slice.h"

enum {
    ONE_TIME_CODE_BYTES = 10,
    ONE_TIME_CODE_MAX = 20, // with the closing NUL
};

void one_time_code_make(const unsigned char random[ONE_TIME_CODE_BYTES], char out[ONE_TIME_CODE_MAX]);

// Reads a code as it was typed, in any case, with blanks and hyphens anywhere, and writes it as make does.
// Returns false for anything else.
bool one_time_code_read(struct slice typed, char out[ONE_TIME_CODE_MAX]) __attribute__((warn_unused_result));

#endif
