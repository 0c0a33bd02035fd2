// SPDX-License-Identifier: BSD-2-Clause
#include "report/compose/report_html.h"

#include <stdbool.h>

#define TABLE                                                                                                \
    "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">\n"
#define LINE "border-bottom:1px solid #dfe3e8;"

// Readers that know no style sheet have the colours of the style attributes.
static const char head[] =
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"supported-color-schemes\" content=\"light dark\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; supported-color-schemes: light dark; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  .page, .page td { background-color: #16191d !important; color: #e6e9ed !important; }\n"
    "  .page td { border-color: #3a4048 !important; }\n"
    "  .page .soft { color: #a5adb8 !important; }\n"
    "  .page td.bar { background-color: #6ea8e0 !important; }\n"
    "  .page td.act { background-color: #3d2f12 !important; border-color: #d29922 !important; }\n"
    "}\n"
    "</style>\n";

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

static void put_element(FILE *out, const char *open, const char *text, const char *close)
{
    fputs(open, out);
    put_escaped(out, text);
    fputs(close, out);
}

// A bar is a cell with a colour and one without.
static void put_bar(FILE *out, int share, int columns)
{
    fprintf(out, "<tr><td colspan=\"%d\" style=\"padding:0 0 6px;" LINE "\">", columns);
    fputs(TABLE "<tr>", out);
    if (share > 0)
        fprintf(out,
                "<td class=\"bar\" width=\"%d%%\" height=\"6\" bgcolor=\"#2f6db5\" "
                "style=\"background-color:#2f6db5;font-size:0;line-height:6px\">&nbsp;</td>",
                share);
    if (share < 100)
        fputs("<td height=\"6\" style=\"font-size:0;line-height:6px\">&nbsp;</td>", out);
    fputs("</tr></table></td></tr>\n", out);
}

// The start of a cell, with the line below unless a bar stands between; `width` 0: the rest.
static void put_cell(FILE *out, const struct report_block *block, int cell, const char *attributes, int width,
                     const char *style)
{
    fprintf(out, "<td %s", attributes);
    if (width)
        fprintf(out, " width=\"%d\"", width);
    fprintf(out, " style=\"padding:4px 0 4px %s;%s%s\">", cell ? "12px" : "0",
            block->share == REPORT_NO_BAR ? LINE : "", style);
    put_escaped(out, block->cells[cell]);
    fputs("</td>", out);
}

enum { VALUE_WIDTH = 72, CHANGE_WIDTH = 56 };

static void put_figure(FILE *out, const struct report_block *block)
{
    int columns = 2;
    fputs("<tr>", out);
    put_cell(out, block, 0, "align=\"left\"", 0, "");
    put_cell(out, block, 1, "align=\"right\"", VALUE_WIDTH, "font-weight:bold;white-space:nowrap");
    for (int cell = 2; cell < REPORT_CELLS; cell++) {
        if (!block->cells[cell])
            continue;
        put_cell(out, block, cell, "align=\"right\" class=\"soft\"", cell == 3 ? CHANGE_WIDTH : VALUE_WIDTH,
                 "color:#5b6570;white-space:nowrap");
        columns++;
    }
    fputs("</tr>\n", out);
    if (block->share != REPORT_NO_BAR)
        put_bar(out, block->share, columns);
}

static void put_columns(FILE *out, const struct report_block *block)
{
    put_element(out, "<tr><td style=\"padding:4px 0;font-size:17px;font-weight:bold\">", block->cells[0],
                "</td>");
    for (int cell = 1; cell < REPORT_CELLS; cell++)
        if (block->cells[cell])
            put_element(out,
                        "<td align=\"right\" class=\"soft\" style=\"padding:4px 0 4px "
                        "12px;color:#5b6570;font-size:13px\">",
                        block->cells[cell], "</td>");
    fputs("</tr>\n", out);
}

static void put_item(FILE *out, const struct report_block *block)
{
    fputs("<tr>", out);
    put_cell(out, block, 0, "align=\"left\"", 0, "word-break:break-all");
    put_cell(out, block, 1, "align=\"right\"", 0, "white-space:nowrap");
    fputs("</tr>\n", out);
    if (block->share != REPORT_NO_BAR)
        put_bar(out, block->share, 2);
}

static void put_block(FILE *out, const struct report_block *block)
{
    switch (block->kind) {
    case REPORT_TITLE:
        put_element(out, "<h1 style=\"font-size:22px;margin:0 0 12px\">", block->cells[0], "</h1>\n");
        break;
    case REPORT_HEADING:
        put_element(out, "<h2 style=\"font-size:17px;margin:24px 0 6px\">", block->cells[0], "</h2>\n");
        break;
    case REPORT_PARAGRAPH:
        put_element(out, "<p style=\"margin:6px 0\">", block->cells[0], "</p>\n");
        break;
    case REPORT_ACTION:
        fputs(TABLE, out);
        put_element(out,
                    "<tr><td class=\"act\" bgcolor=\"#fff4d6\" "
                    "style=\"background-color:#fff4d6;border-left:4px solid "
                    "#b7791f;padding:8px 12px;word-break:break-word\">",
                    block->cells[0],
                    "</td></tr>\n</table>\n<div style=\"font-size:0;line-height:6px\">&nbsp;</div>\n");
        break;
    case REPORT_NOTE:
        put_element(out, "<p class=\"soft\" style=\"margin:8px 0;font-size:13px;color:#5b6570\">",
                    block->cells[0], "</p>\n");
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
    }
}

static bool is_row(enum report_block_kind kind)
{
    return kind == REPORT_FIGURE || kind == REPORT_ITEM;
}

// Rows stand in a table, which begins with its head, or with the first row after something else.
static void put_table_edge(FILE *out, const struct report_page *page, size_t at)
{
    const bool inside =
        at > 0 && (is_row(page->blocks[at - 1].kind) || page->blocks[at - 1].kind == REPORT_COLUMNS);
    const bool begins = at < page->count && page->blocks[at].kind == REPORT_COLUMNS;
    const bool goes_on = at < page->count && is_row(page->blocks[at].kind);
    if (inside && !goes_on)
        fputs("</table>\n", out);
    if (begins)
        fputs("<div style=\"font-size:0;line-height:20px\">&nbsp;</div>\n", out);
    if (begins || (goes_on && !inside))
        fputs(TABLE, out);
}

void report_html_write(FILE *out, const struct report_page *page, const char *language)
{
    fputs("<!DOCTYPE html>\n<html lang=\"", out);
    put_escaped(out, language);
    fputs("\">\n<head>\n<meta charset=\"utf-8\">\n", out);
    put_element(out, "<title>", page->count ? page->blocks[0].cells[0] : "", "</title>\n");
    fprintf(out,
            "%s</head>\n<body class=\"page\" bgcolor=\"#ffffff\" "
            "style=\"margin:0;background-color:#ffffff;color:#1c2126\">\n",
            head);
    fputs("<table class=\"page\" role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
          "border=\"0\">\n"
          "<tr><td align=\"center\" style=\"padding:16px\">\n"
          "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" "
          "style=\"max-width:640px\"><tr>\n<td align=\"left\" "
          "style=\"font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:1.4\">\n",
          out);
    for (size_t i = 0; i < page->count; i++) {
        put_table_edge(out, page, i);
        put_block(out, &page->blocks[i]);
    }
    put_table_edge(out, page, page->count);
    fputs("</td></tr></table>\n</td></tr></table>\n</body>\n</html>\n", out);
}
