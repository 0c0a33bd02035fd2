// SPDX-License-Identifier: BSD-2-Clause
// Answers of the public assistants, after the CAPTCHA of their form.
#ifndef CONSOLE_ASSISTANT_FLOW_H
#define CONSOLE_ASSISTANT_FLOW_H

#include "console/visit.h"

// Answers a POST: the page of its call, with what was filled in.
void assistant_flow_begin(struct visit *visit);

#endif
