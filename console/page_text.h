// SPDX-License-Identifier: BSD-2-Clause
// The texts of pages in the languages of console/po.
#ifndef CONSOLE_PAGE_TEXT_H
#define CONSOLE_PAGE_TEXT_H

#include "template/template_render.h"

// Opens the catalogues below `folder` (share/locale).
void page_text_open(const char *folder);

// Chooses the language of what follows.
void page_text_language(const char *language);

const struct template_translator *page_text_translator(void);

// A sentence in that language; itself if the catalogue does not have it.
const char *page_text_translated(const char *english);

#endif
