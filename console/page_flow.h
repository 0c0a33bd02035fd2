// SPDX-License-Identifier: BSD-2-Clause
// Pages: a call of the database, and a template that shows what it returned.
#ifndef CONSOLE_PAGE_FLOW_H
#define CONSOLE_PAGE_FLOW_H

#include "console/visit.h"

// Answers a GET.
void page_flow_begin(struct visit *visit);

// Answers a POST that was refused: the page of its form, with what was filled in and the visit's fault.
void page_flow_again(struct visit *visit);

// The view of a page that no call makes: an empty form with the fields of all such pages, and `next`, where
// to go after the log-in. A new reference.
json_t *page_flow_form(const struct visit *visit);

// The page that a log-in leads to: the field `next`, if it is one of this service; else NULL in `ptr`.
struct slice page_flow_next(const struct visit *visit);

#endif
