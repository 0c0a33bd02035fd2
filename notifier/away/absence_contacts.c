// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/away/absence_contacts.h"

#include "base/address.h"
#include "notifier/sms/sms_request.h"

static void add_list(struct absence *absence, struct slice list)
{
    struct slice word;
    while (list.len > 0) {
        struct slice rest = slice_make("", 0);
        slice_split(list, ' ', &word, &rest);
        absence_add_contact(absence, word);
        list = slice_trim(rest);
    }
}

static bool is_contact(struct slice word)
{
    char text[ABSENCE_ADDRESS_MAX], folded[ADDRESS_MAX + 1];
    if (!slice_copy(word, text, sizeof text))
        return false;
    return *text == '+' ? sms_number_valid(text) : address_fold(word, folded) == ADDRESS_OK;
}

bool absence_contacts_check(const char *value, struct problem *problem)
{
    struct absence absence = {.since = 0};
    add_list(&absence, slice_trim(slice_from(value)));
    for (unsigned i = 0; i < absence.count; i++)
        if (!is_contact(slice_from(absence.contacts[i].address)))
            return problem_set(problem,
                               "operator_contacts has \"%.100s\", which is no mail address and no telephone "
                               "number such as +41791234567",
                               absence.contacts[i].address);
    return true;
}

void absence_contacts_add(struct absence *absence, const char *option, struct directory *directory)
{
    const struct directory_snapshot *rows;
    struct slice list;
    if (*option) {
        add_list(absence, slice_trim(slice_from(option)));
        return;
    }
    if (directory_begin(directory, &rows) != DIRECTORY_OK)
        return;
    if ((directory_setting(rows, "operator_contacts", &list) == DIRECTORY_OK && list.len > 0) ||
        directory_setting(rows, "postmaster", &list) == DIRECTORY_OK)
        add_list(absence, slice_trim(list));
    directory_end(directory);
}
