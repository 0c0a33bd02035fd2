// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/job_list.h"

#include <stddef.h>
#include <utlist.h>

void job_list_add(struct job_list *list, struct job_link *link)
{
    DL_PREPEND(list->first, link);
    list->count++;
}

void job_list_remove(struct job_list *list, struct job_link *link)
{
    DL_DELETE(list->first, link);
    list->count--;
}
