// SPDX-License-Identifier: BSD-2-Clause
// Translated texts by gettext(3). A catalogue has the name of its programs' texts, as "emailgency-report";
// its English is in the source, other languages in the po folder of their part (cmake/catalogues.cmake).
#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H

// Opens a catalogue below `folder` (share/locale); languages without one are English. For the main thread.
void catalogue_open(const char *name, const char *folder);

// Chooses the language of the calls that follow: "en", "fr"; an unknown one is English.
void catalogue_language(const char *language);

// The text in that language; never freed.
const char *catalogue_text(const char *name, const char *english) __attribute__((format_arg(2)));

// The form of the text for `count` things.
const char *catalogue_plural(const char *name, const char *one, const char *many, unsigned long count)
    __attribute__((format_arg(2))) __attribute__((format_arg(3)));

#endif
