// SPDX-License-Identifier: BSD-2-Clause
// The URLs that are allowed. Pure.
#ifndef TRANSFER_TRANSFER_URL_H
#define TRANSFER_TRANSFER_URL_H

#include "base/problem.h"

// Return whether transfers to `url` are allowed: HTTPS, or SMTP, where TLS is required later; or a host in
// `plain_hosts`.
bool transfer_check_http(const char *url, const char *plain_hosts, struct problem *problem);
bool transfer_check_smtp(const char *url, struct problem *problem);

// Returns whether the host of `url` is in `plain_hosts`, names and addresses separated by blanks.
bool transfer_url_plain(const char *url, const char *plain_hosts);

#endif
