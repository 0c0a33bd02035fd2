// SPDX-License-Identifier: BSD-2-Clause
#include "console/qr/qr_code.h"

#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// One rectangle per run of dark modules of a row.
static void put_row(const unsigned char *row, int width, int y, FILE *out)
{
    for (int x = 0; x < width;) {
        int end = x;
        while (end < width && (row[end] & 1))
            end++;
        if (end > x)
            fprintf(out, "M%d %dh%dv1h-%dz", x + QR_CODE_QUIET, y + QR_CODE_QUIET, end - x, end - x);
        x = end + 1;
    }
}

static bool put_path(const QRcode *code, struct qr_code *out)
{
    char *path = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&path, &size);
    if (!stream)
        return false;
    for (int y = 0; y < code->width; y++)
        put_row(code->data + (size_t)y * (size_t)code->width, code->width, y, stream);
    const bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed) {
        free(path);
        return false;
    }
    *out = (struct qr_code){.size = (unsigned)code->width + 2 * QR_CODE_QUIET, .path = path};
    return true;
}

bool qr_code_make(const char *text, struct qr_code *out)
{
    *out = (struct qr_code){.path = NULL};
    if (!*text || strlen(text) > QR_CODE_TEXT_MAX)
        return false;
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    const bool made = code && put_path(code, out);
    QRcode_free(code);
    return made;
}

void qr_code_finish(struct qr_code *code)
{
    free(code->path);
    *code = (struct qr_code){.path = NULL};
}
