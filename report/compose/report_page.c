// SPDX-License-Identifier: BSD-2-Clause
#include "report/compose/report_page.h"

#include "base/memory.h"
#include "base/slice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void report_page_finish(struct report_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        for (int cell = 0; cell < REPORT_CELLS; cell++)
            free(page->blocks[i].cells[cell]);
    page->count = 0;
}

// U+202A … U+202E and U+2066 … U+2069.
static bool turns_direction(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    return byte[0] == 0xe2 && ((byte[1] == 0x80 && byte[2] >= 0xaa && byte[2] <= 0xae) ||
                               (byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9));
}

static char *cell_of(const char *text)
{
    size_t len = strnlen(text, REPORT_CELL_MAX);
    while (len > 0 && text[len] && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    char *cell = memory_or_exit(malloc(len + 1)), *out = cell;
    for (size_t i = 0; i < len; i++) {
        if (turns_direction(text + i)) {
            *out++ = '?';
            i += 2;
        } else {
            *out = text[i];
            if ((unsigned char)*out < ' ' || *out == 0x7f)
                *out = '?';
            out++;
        }
    }
    *out = '\0';
    return cell;
}

void report_page_add_cells(struct report_page *page, enum report_block_kind kind,
                           const char *const cells[REPORT_CELLS], int share)
{
    if (page->count == REPORT_BLOCKS_MAX)
        return;
    struct report_block *block = &page->blocks[page->count++];
    *block = (struct report_block){.kind = kind, .share = share};
    for (int cell = 0; cell < REPORT_CELLS; cell++)
        if (cells[cell])
            block->cells[cell] = cell_of(cells[cell]);
}

void report_page_add(struct report_page *page, enum report_block_kind kind, const char *format, ...)
{
    char text[2 * REPORT_CELL_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    report_page_add_cells(page, kind, (const char *[REPORT_CELLS]){text}, REPORT_NO_BAR);
}
