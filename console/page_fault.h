// SPDX-License-Identifier: BSD-2-Clause
// Faults as pages show them, in the language of page_text_language().
#ifndef CONSOLE_PAGE_FAULT_H
#define CONSOLE_PAGE_FAULT_H

#include <jansson.h>

// The text of a page for a fault: an English text of a page, or a message of the database. The caller frees
// it; NULL if out of memory.
char *page_fault_text(const char *fault);

// Replaces each text under a key "fault" of a view, in its objects and lists, by that of a page.
void page_fault_translate(json_t *view);

#endif
