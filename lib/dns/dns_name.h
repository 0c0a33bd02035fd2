// SPDX-License-Identifier: BSD-2-Clause
// A question to the DNS: a domain name in text, and a type.
#ifndef DNS_DNS_NAME_H
#define DNS_DNS_NAME_H

#include "base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_MAX 253 // in text without the closing dot (RFC 1035 section 2.3.4: 255 octets on the wire)
#define DNS_LABEL_MAX 63

// The bytes up to the end of `name` identify it.
struct dns_question {
    uint16_t type;
    char name[DNS_NAME_MAX + 1]; // folded
};

// Writes `name` in lower case. Returns false for a name that cannot be asked: it is empty, too long, has an
// empty or too long label (a closing dot is one). Any byte but NUL is let through: local parts of addresses
// are looked up (RFC 7208 section 7).
bool dns_name_fold_bytes(const char *name, char out[DNS_NAME_MAX + 1]);

// The same for a name in a configuration. Returns false also for a byte that is a blank, not printable ASCII,
// or special in master files (`"`, `\`, `;`, `(`, `)`, `@`, `$`). Underscores are let through: _spf.example.
bool dns_name_fold(const char *name, char out[DNS_NAME_MAX + 1]);

// A folded name in the text form of master files (RFC 1035 section 5.1), every odd byte as \DDD.
#define DNS_NAME_ESCAPED_MAX (4 * DNS_NAME_MAX)
void dns_name_escape(const char *name, char out[DNS_NAME_ESCAPED_MAX + 1]);

// The host name, folded, of an uncompressed name as records have it (RFC 1035 section 3.1); false if it is
// none.
bool dns_name_host(struct slice wire, char out[ADDRESS_DOMAIN_MAX + 1]) __attribute__((warn_unused_result));

// Number of bytes of `question` that identify it.
size_t dns_question_size(const struct dns_question *question);

#endif
