// SPDX-License-Identifier: BSD-2-Clause
// Checks that several daemons' option tables share; see struct conf_option. Each returns NULL, or a message
// that says what a right value is.
#ifndef DAEMON_OPTION_CHECK_H
#define DAEMON_OPTION_CHECK_H

#include <sys/types.h>

// Four octal digits.
const char *option_check_mode(const char *value);

// The mode that such a text stands for.
mode_t option_mode(const char *value);

// An address to listen on, as io/listener.h takes it. The answer is valid until the next call.
const char *option_check_listen(const char *value);

// An absolute path.
const char *option_check_folder(const char *value);

// The same, or nothing for none.
const char *option_check_path(const char *value);

// Resolvers, "ip[@port]" separated by blanks or commas; may be empty.
const char *option_check_servers(const char *value);

// Host names and addresses, separated by blanks or commas; may be empty.
const char *option_check_hosts(const char *value);

#endif
