// SPDX-License-Identifier: BSD-2-Clause
// Messages of the database in the words of a page. sql/code writes its messages for psql, in English and with
// statements that show a right value; a page names its own controls, in the reader's language. Pure.
#ifndef CONSOLE_MESSAGE_DATABASE_MESSAGE_H
#define CONSOLE_MESSAGE_DATABASE_MESSAGE_H

#include "base/slice.h"

// Marks an English text of pages, which console/po/extract finds.
#define PAGE_TEXT(english) english

struct database_message {
    // As in sql/code, with {name} for each part that differs; {n} is a number. A first letter may be a
    // capital, and a full stop may follow.
    const char *pattern;
    // Of the page, with those {name}s that it shows. {size}: bytes, shown as in 1.5 GB; {fault} and {need}: a
    // part that is a message itself.
    const char *text;
};

// The table; the first row that matches applies.
extern const struct database_message database_messages[];
extern const unsigned database_message_count;

// The text of a page for a message: of its row, or else the message without its statements, as a sentence.
// `translated` returns a text of the page in the reader's language. The caller frees it; NULL if out of
// memory.
char *database_message_text(const char *message, const char *(*translated)(const char *english));

#endif
