// SPDX-License-Identifier: BSD-2-Clause
// Evaluation by libspf2. It gets rewritten records (client_record.h) and answers with placeholder names, so
// that no byte of a sender reaches it, and it looks nothing up itself.
#ifndef SPF_EVALUATOR_H
#define SPF_EVALUATOR_H

#include "spf/check_host.h"

// Evaluates check->record[0]. Returns the result of libspf2; it counts only if the check neither waits nor is
// over then, and is an error only if out of memory.
enum spf_result evaluator_run(struct check_host *check) __attribute__((warn_unused_result));

#endif
