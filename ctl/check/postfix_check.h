// SPDX-License-Identifier: BSD-2-Clause
// Checks of a Postfix instance against the rows. Pure: the instance's table and the rows in, findings out.
// Each check adds at least one finding per parameter.
#ifndef CTL_CHECK_POSTFIX_CHECK_H
#define CTL_CHECK_POSTFIX_CHECK_H

#include "base/address.h"
#include "ctl/check/finding.h"
#include "ctl/check/postconf.h"
#include "directory/directory.h"

// The domains that a rule applies to: their number, and the first by name.
struct check_domains {
    size_t count;
    char first[ADDRESS_DOMAIN_MAX + 1];
};

// A summary of all rows for the checks.
struct check_rows {
    bool known;                        // false: no replica, and nothing else is set
    struct check_domains ipv4, ipv6;   // domains whose transport is an address of that protocol
    struct check_domains verified;     // domains with verify_recipients
    struct check_domains stored;       // domains with mail or copies in the mail store
    bool postmaster;                   // setting postmaster is set
    struct check_domains tagged;       // domains with batv: bounces come to addresses with an extension
    int64_t message_size;              // bytes: the largest limit of a plan that a domain has, and the slack
    char plan[ADDRESS_DOMAIN_MAX + 1]; // the plan with that limit
    char delimiters[8];                // setting recipient_delimiter
};

void check_rows_read(const struct directory_snapshot *rows, struct check_rows *out);

#define POSTFIX_CHECK_MILTER "unix:emailgency/milter" // as smtpd_milters names it

struct postfix_check {
    const struct postconf *postconf;
    const struct directory_snapshot *rows; // NULL: no replica
    const struct check_rows *summary;
    const char *milter; // likewise; NULL: POSTFIX_CHECK_MILTER, also by an absolute path
    struct findings *findings;
};

// Runs all checks below, and names the file of each remedy: main.cf, or master.cf where a service overrides
// it. The facts "postfix.folder" (of main.cf), "postfix.types" (postconf -m), "path.address_verify_map" (its
// folder) and "disk.queue.free" (bytes) are in the text of `postconf`; what is missing is not checked.
void postfix_check(const struct postfix_check *check);

void check_relay(const struct postfix_check *check);   // relaying is restricted
void check_smtpd(const struct postfix_check *check);   // each smtpd has the safe settings of Postfix
void check_policy(const struct postfix_check *check);  // policyd is called
void check_milter(const struct postfix_check *check);  // the milter is called, and mail flows without it
void check_maps(const struct postfix_check *check);    // transportmap is the only table
void check_classes(const struct postfix_check *check); // domains of the rows are in no other address class
void check_store(const struct postfix_check *check);   // copies reach the mail store, and nothing else does
void check_verify(
    const struct postfix_check *check); // verify(8) refuses and accepts as verify_recipients requires
void check_tables(const struct postfix_check *check);   // types of tables are installed, and can be written
void check_delivery(const struct postfix_check *check); // limits, protocols, queue
void check_strict(
    const struct postfix_check *check); // nothing is refused that a customer's server would accept

#endif
