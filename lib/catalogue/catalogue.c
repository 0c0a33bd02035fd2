// SPDX-License-Identifier: BSD-2-Clause
#include "catalogue/catalogue.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>

void catalogue_open(const char *name, const char *folder)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    setlocale(LC_MESSAGES, "C.UTF-8");
    bindtextdomain(name, folder);
    bind_textdomain_codeset(name, "UTF-8");
}

// gettext(3) looks at LANGUAGE again when this number has changed (GNU gettext manual, "Being a `gettext'
// grok").
extern int _nl_msg_cat_cntr;

void catalogue_language(const char *language)
{
    setenv("LANGUAGE", language, 1);
    _nl_msg_cat_cntr++;
}

const char *catalogue_text(const char *name, const char *english)
{
    return dgettext(name, english);
}

const char *catalogue_plural(const char *name, const char *one, const char *many, unsigned long count)
{
    return dngettext(name, one, many, count);
}
