// SPDX-License-Identifier: BSD-2-Clause
// The rule for new passwords. PostgreSQL's password_rule_fault() is the same; tests/cases/password/rule.cases
// holds them together.
#ifndef PASSWORD_PASSWORD_RULE_H
#define PASSWORD_PASSWORD_RULE_H

#include "base/slice.h"

#include <stdbool.h>

enum {
    PASSWORD_MAX = 72, // octets: bcrypt uses no more
    PASSWORD_FAULT_MAX = 256,
};

struct password_rule {
    unsigned min_length;  // characters (UTF-8)
    unsigned min_classes; // of lower-case letters, upper-case letters, digits and other characters
    struct slice address; // of the user, in lower case; empty: any
    struct slice names;   // of the domain: domain, aliases, alternate name, with blanks between them
    struct slice common;  // passwords that are guessed first, in lower case, one per line
};

// Returns whether the password is good enough. If not, `fault` says what is missing and shows a right one; it
// never contains the password. The password need not be valid UTF-8: then it is not good enough.
bool password_rule_check(const struct password_rule *rule, struct slice password,
                         char fault[PASSWORD_FAULT_MAX]) __attribute__((warn_unused_result));

#endif
