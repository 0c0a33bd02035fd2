// SPDX-License-Identifier: BSD-2-Clause
#include "console/page_text.h"

#include "catalogue/catalogue.h"

#define CATALOGUE "emailgency-console"

static const char *text(void *context, const char *english)
{
    (void)context;
    return catalogue_text(CATALOGUE, english);
}

static const char *plural(void *context, const char *one, const char *many, unsigned long count)
{
    (void)context;
    return catalogue_plural(CATALOGUE, one, many, count);
}

void page_text_open(const char *folder)
{
    catalogue_open(CATALOGUE, folder);
}

void page_text_language(const char *language)
{
    catalogue_language(language);
}

const struct template_translator *page_text_translator(void)
{
    static const struct template_translator translator = {.text = text, .plural = plural};
    return &translator;
}

const char *page_text_translated(const char *english)
{
    return *english ? catalogue_text(CATALOGUE, english) : "";
}
