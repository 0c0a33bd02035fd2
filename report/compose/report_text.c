// SPDX-License-Identifier: BSD-2-Clause
#include "report/compose/report_text.h"

#include <stdbool.h>
#include <string.h>

enum { WIDTH = 72, LABEL = 36, VALUE = 12, CHANGE = 10, ITEM = 20, BAR = 14 };

// Characters of UTF-8 text; all that reports have are one column wide.
static int width_of(const char *text, size_t len)
{
    int width = 0;
    for (size_t i = 0; i < len; i++)
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    return width;
}

static void repeat(FILE *out, const char *text, int times)
{
    while (times-- > 0)
        fputs(text, out);
}

static void put_underlined(FILE *out, const char *text, const char *line)
{
    const int width = width_of(text, strlen(text));
    fprintf(out, "%s\n", text);
    repeat(out, line, width < WIDTH ? width : WIDTH);
    fputc('\n', out);
}

// Words in lines; those after the first begin with `indent` blanks.
static void put_wrapped(FILE *out, const char *lead, const char *text, int indent)
{
    int used = (int)strlen(lead);
    fputs(lead, out);
    for (bool first = true; *text; first = false) {
        const size_t len = strcspn(text, " ");
        const int width = width_of(text, len);
        if (!first && used + 1 + width > WIDTH) {
            fputc('\n', out);
            repeat(out, " ", indent);
            used = indent;
        } else if (!first) {
            fputc(' ', out);
            used++;
        }
        fwrite(text, 1, len, out);
        used += width;
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

// A cell of a table; `column` is negative for one that ends at its right edge.
static void put_cell(FILE *out, const char *text, int column)
{
    const int width = width_of(text, strlen(text));
    if (column < 0)
        repeat(out, " ", -column - width);
    fputs(text, out);
    if (column > 0)
        repeat(out, " ", column - width);
}

static void put_figure(FILE *out, const struct report_block *block)
{
    int last = 1;
    for (int cell = 2; cell < REPORT_CELLS; cell++)
        if (block->cells[cell] && *block->cells[cell])
            last = cell;
    put_cell(out, block->cells[0], LABEL);
    for (int cell = 1; cell <= last; cell++)
        put_cell(out, block->cells[cell] ? block->cells[cell] : "", cell == 3 ? -CHANGE : -VALUE);
    fputc('\n', out);
}

static void put_columns(FILE *out, const struct report_block *block)
{
    put_figure(out, block);
    repeat(out, "-", LABEL + VALUE + (block->cells[2] ? VALUE + CHANGE : 0));
    fputc('\n', out);
}

static void put_item(FILE *out, const struct report_block *block)
{
    put_cell(out, block->cells[0], LABEL);
    fprintf(out, "  %s", block->cells[1]);
    if (block->share > 0) {
        repeat(out, " ", ITEM - width_of(block->cells[1], strlen(block->cells[1])));
        repeat(out, "#", (block->share * BAR + 99) / 100);
    }
    fputc('\n', out);
}

static void put_block(FILE *out, const struct report_block *block)
{
    switch (block->kind) {
    case REPORT_TITLE:
        put_underlined(out, block->cells[0], "=");
        break;
    case REPORT_HEADING:
        put_underlined(out, block->cells[0], "-");
        break;
    case REPORT_COLUMNS:
        put_columns(out, block);
        break;
    case REPORT_FIGURE:
        put_figure(out, block);
        break;
    case REPORT_ITEM:
        put_item(out, block);
        break;
    case REPORT_ACTION:
        put_wrapped(out, "* ", block->cells[0], 2);
        break;
    case REPORT_PARAGRAPH:
    case REPORT_NOTE:
        put_wrapped(out, "", block->cells[0], 0);
        break;
    }
}

// Returns whether an empty line comes before the block.
static bool begins_part(const struct report_page *page, size_t at)
{
    const enum report_block_kind kind = page->blocks[at].kind, before = page->blocks[at ? at - 1 : 0].kind;
    return at > 0 && (kind == REPORT_HEADING || kind == REPORT_COLUMNS || before == REPORT_TITLE ||
                      (kind == REPORT_NOTE && before != REPORT_NOTE));
}

void report_text_write(FILE *out, const struct report_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        if (begins_part(page, i))
            fputc('\n', out);
        put_block(out, &page->blocks[i]);
    }
}
