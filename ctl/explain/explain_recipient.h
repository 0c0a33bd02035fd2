// SPDX-License-Identifier: BSD-2-Clause
// The rows that say what an address is: its domain, its aliases and mailboxes.
#ifndef CTL_EXPLAIN_EXPLAIN_RECIPIENT_H
#define CTL_EXPLAIN_EXPLAIN_RECIPIENT_H

#include "ctl/explain/explanation.h"
#include "directory/directory.h"

// The domain that `name`, in lower case, stands for, and the rows that make it so. `*out` is its row where
// the return is DIRECTORY_OK.
enum directory_rc explain_domain(const struct directory_snapshot *rows, struct slice name,
                                 struct explanation *explanation, struct domain_row *out)
    __attribute__((warn_unused_result));

// Every row on the way of the address's mail: aliases followed, mailboxes, catch-alls. `local` and `domain`
// are folded.
void explain_recipient(const struct directory_snapshot *rows, struct slice local, struct slice domain,
                       struct explanation *explanation);

#endif
