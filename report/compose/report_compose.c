// SPDX-License-Identifier: BSD-2-Clause
#include "report/compose/report_compose.h"

#include "base/memory.h"
#include "catalogue/catalogue.h"
#include "report/compose/report_content.h"
#include "report/compose/report_html.h"
#include "report/compose/report_text.h"

#include <stdio.h>
#include <stdlib.h>

static FILE *open_text(char **text, size_t *size)
{
    return memory_or_exit(open_memstream(text, size));
}

static void close_text(FILE *out)
{
    if (ferror(out) || fclose(out) != 0)
        memory_exhausted();
}

bool report_compose(const struct report_figures *figures, struct report_texts *texts)
{
    char title[REPORT_CELL_MAX];
    size_t text_size, html_size;
    struct report_page page = {.count = 0};
    catalogue_language(figures->language);
    report_content_title(figures, title, sizeof title);
    report_content_fill(&page, figures);
    texts->subject = memory_or_exit(strdup(title));
    FILE *text = open_text(&texts->text, &text_size);
    report_text_write(text, &page);
    close_text(text);
    FILE *html = open_text(&texts->html, &html_size);
    report_html_write(html, &page, figures->language);
    close_text(html);
    report_page_finish(&page);
    return html_size < REPORT_HTML_MAX;
}

void report_texts_finish(struct report_texts *texts)
{
    free(texts->subject);
    free(texts->text);
    free(texts->html);
}
