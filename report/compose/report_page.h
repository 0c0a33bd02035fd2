// SPDX-License-Identifier: BSD-2-Clause
// A report as a list of blocks, which report_text and report_html write out. Pure. Out of memory ends the
// process.
#ifndef REPORT_COMPOSE_REPORT_PAGE_H
#define REPORT_COMPOSE_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>

enum { REPORT_CELLS = 4, REPORT_BLOCKS_MAX = 128, REPORT_CELL_MAX = 700, REPORT_NO_BAR = -1 };

enum report_block_kind {
    REPORT_TITLE,
    REPORT_HEADING,
    REPORT_PARAGRAPH,
    REPORT_ACTION,  // something to do
    REPORT_COLUMNS, // the head of a table of figures: heading, month, month before, change
    REPORT_FIGURE,  // a row of it: label, value, value before, change
    REPORT_ITEM,    // left, right
    REPORT_NOTE     // small print
};

struct report_block {
    enum report_block_kind kind;
    char *cells[REPORT_CELLS]; // UTF-8 of one line; NULL: none
    int share;                 // of a bar, in percent; REPORT_NO_BAR: none
};

// Zeroed at first.
struct report_page {
    struct report_block blocks[REPORT_BLOCKS_MAX];
    size_t count;
};

void report_page_finish(struct report_page *page);

// Adds a block with one cell. What does not fit is left out.
void report_page_add(struct report_page *page, enum report_block_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Adds a block with these cells, which may be NULL. In each, control characters and those that change the
// direction of writing (Unicode Standard Annex 9) become "?", and what exceeds REPORT_CELL_MAX is cut.
void report_page_add_cells(struct report_page *page, enum report_block_kind kind,
                           const char *const cells[REPORT_CELLS], int share);

#endif
