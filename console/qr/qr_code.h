// SPDX-License-Identifier: BSD-2-Clause
// QR codes (ISO/IEC 18004), by libqrencode, as the path of an SVG image that a page has in it: no other
// request, no picture file, and no style attribute, which the Content-Security-Policy refuses. Pure.
#ifndef CONSOLE_QR_QR_CODE_H
#define CONSOLE_QR_QR_CODE_H

#include <stdbool.h>

enum { QR_CODE_TEXT_MAX = 600, QR_CODE_QUIET = 4 }; // bytes; modules of light around the code

struct qr_code {
    unsigned size; // units of width and height, with the quiet zone; a module is one
    char *path;    // of the dark modules
};

// Returns false, with nothing to finish, if the text is empty or too long, or if out of memory.
bool qr_code_make(const char *text, struct qr_code *out) __attribute__((warn_unused_result));

void qr_code_finish(struct qr_code *code);

#endif
