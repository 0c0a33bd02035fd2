// SPDX-License-Identifier: BSD-2-Clause
// Whether a Postfix instance is wired as the rows need it. Pure: the instance's table and the rows in,
// findings out. Each check adds at least one finding for each thing that it looks at.
#ifndef CTL_CHECK_POSTFIX_CHECK_H
#define CTL_CHECK_POSTFIX_CHECK_H

#include "base/address.h"
#include "ctl/check/finding.h"
#include "ctl/check/postconf.h"
#include "directory/directory.h"

// How many domains a rule is about, and the first of them by name.
struct check_domains {
    size_t count;
    char first[ADDRESS_DOMAIN_MAX + 1];
};

// What the checks need to know of all rows.
struct check_rows {
    bool known;                        // false: no replica, and nothing else is set
    struct check_domains ipv4, ipv6;   // whose transport is an address of that protocol
    struct check_domains verified;     // whose unknown recipients are asked for at the customer's server
    struct check_domains stored;       // whose mail, or copies of it, the mail store keeps
    bool postmaster;                   // setting postmaster is set
    struct check_domains tagged;       // whose bounces come to addresses with an extension (domain.batv)
    int64_t message_size;              // bytes: the largest limit of a plan that a domain has, and the slack
    char plan[ADDRESS_DOMAIN_MAX + 1]; // whose limit that is
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

// All of the below.
void postfix_check(const struct postfix_check *check);

void check_relay(const struct postfix_check *check);   // nobody relays who may not
void check_smtpd(const struct postfix_check *check);   // each smtpd is as safe as Postfix can make it
void check_policy(const struct postfix_check *check);  // policyd is asked
void check_milter(const struct postfix_check *check);  // the milter is asked, and mail flows without it
void check_maps(const struct postfix_check *check);    // transportmap is asked, and nobody else
void check_classes(const struct postfix_check *check); // our domains are in no other address class
void check_store(const struct postfix_check *check); // the mail store's copies get there, and by no other way
void check_verify(const struct postfix_check *check);   // verify(8) refuses and takes as it should
void check_delivery(const struct postfix_check *check); // limits, protocols, queue
void check_strict(
    const struct postfix_check *check); // nothing is refused that a customer's server would take

#endif
