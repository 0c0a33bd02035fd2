// SPDX-License-Identifier: BSD-2-Clause
// A check of an account's access to a file. Pure.
#ifndef CTL_CHECK_ACCESS_CHECK_H
#define CTL_CHECK_ACCESS_CHECK_H

#include "ctl/check/fact.h"
#include "ctl/check/finding.h"

struct access_check {
    const struct postconf *facts;
    struct findings *findings;
    const char *path;      // the facts path.PATH
    const char *parameter; // of the finding
    struct slice account;
    unsigned bits; // as fact_path_access
    enum finding_severity severity;
    const char *why;    // must outlive the findings
    const char *make;   // the command where there is no such file; NULL: none
    const char *repair; // the command where the file itself keeps the account out; NULL: none
    const char *folder; // the command where a folder above keeps it out; NULL: let all accounts enter it
};

// Returns whether the account has access; if not, a finding says so.
bool access_check(const struct access_check *check);

#endif
