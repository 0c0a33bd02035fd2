// SPDX-License-Identifier: BSD-2-Clause
// Lists of hosts and networks as settings and options hold them: words separated by blanks or commas.
#ifndef BASE_NETWORK_LIST_H
#define BASE_NETWORK_LIST_H

#include "base/cidr.h"

// Takes the next word off `*list`. Returns false at the end.
bool network_list_next(struct slice *list, struct slice *word);

// Returns whether a word of the list is `address`, or a network that holds it.
bool network_list_has(struct slice list, const struct ip *address);

// Returns whether a word of the list is the host name, in any case, each with or without a closing dot.
bool network_list_names(struct slice list, struct slice host);

#endif
