// SPDX-License-Identifier: BSD-2-Clause
// Text in the default alphabet of SMS (3GPP TS 23.038 section 6.2.1), so that a message is one segment of 160
// characters: one character outside it would make that 70. Pure.
#ifndef NOTIFIER_TEXTS_GSM_H
#define NOTIFIER_TEXTS_GSM_H

#include <stddef.h>

// Writes UTF-8 `text` to `out` with every character in the alphabet, those of its extension excepted, which
// count twice. Accents that it lacks are left out, other characters become "?", control bytes blanks. At most
// 160 characters; a longer text ends in "...". `size` is that of `out`, in bytes; the result is UTF-8, too.
void gsm_text(const char *text, char *out, size_t size);

#endif
