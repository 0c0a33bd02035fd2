// SPDX-License-Identifier: BSD-2-Clause
// The rows that define an address: its domain, its aliases and mailboxes.
#ifndef CTL_EXPLAIN_EXPLAIN_RECIPIENT_H
#define CTL_EXPLAIN_EXPLAIN_RECIPIENT_H

#include "ctl/explain/explanation.h"
#include "directory/directory.h"

// Explains which domain `name`, in lower case, belongs to. `*out` is its row if the return is DIRECTORY_OK.
enum directory_rc explain_domain(const struct directory_snapshot *rows, struct slice name,
                                 struct explanation *explanation, struct domain_row *out)
    __attribute__((warn_unused_result));

// Explains every row that routes the address's mail: aliases, mailboxes, catch-alls. `local` and `domain` are
// folded.
void explain_recipient(const struct directory_snapshot *rows, struct slice local, struct slice domain,
                       struct explanation *explanation);

#endif
