// SPDX-License-Identifier: BSD-2-Clause
// The actions that a report asks of a customer, most urgent first. Pure.
#ifndef REPORT_COMPOSE_REPORT_ACTIONS_H
#define REPORT_COMPOSE_REPORT_ACTIONS_H

#include "report/compose/report_page.h"
#include "report/figures/report_figures.h"

// Adds a heading and the actions, or a sentence that there are none.
void report_actions_add(struct report_page *page, const struct report_figures *figures);

#endif
