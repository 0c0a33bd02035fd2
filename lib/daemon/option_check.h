// SPDX-License-Identifier: BSD-2-Clause
// Checks that several daemons' option tables share; see struct conf_option. Each returns whether the
// value is right; if not, `problem` says what a right one is.
#ifndef DAEMON_OPTION_CHECK_H
#define DAEMON_OPTION_CHECK_H

#include "base/problem.h"

#include <sys/types.h>

// Four octal digits.
bool option_check_mode(const char *value, struct problem *problem);

// The mode that such a text stands for.
mode_t option_mode(const char *value);

// An address to listen on, as io/listener.h takes it.
bool option_check_listen(const char *value, struct problem *problem);

// Returns whether there is a group of that name; `address` is that of the socket it is for. Not for an option
// table: a default need not exist where it is not used.
bool option_check_group(const char *address, const char *group, struct problem *problem);

// An absolute path.
bool option_check_folder(const char *value, struct problem *problem);

// The same, or nothing for none.
bool option_check_path(const char *value, struct problem *problem);

// Resolvers, "ip[@port]" separated by blanks or commas; may be empty.
bool option_check_servers(const char *value, struct problem *problem);

// Host names and addresses, separated by blanks or commas; may be empty.
bool option_check_hosts(const char *value, struct problem *problem);

#endif
