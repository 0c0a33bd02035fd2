// SPDX-License-Identifier: BSD-2-Clause
// Postfix's policy delegation protocol (SMTPD_POLICY_README): `name=value` lines, an empty line ends a
// request. Pure: bytes in, struct out; no I/O, no allocation, no clock.
#ifndef WIRE_POLICY_H
#define WIRE_POLICY_H

#include "base/slice.h"

#include <stdint.h>

#define POLICY_REQUEST_MAX 65536 // bytes of a request, its empty line included
#define POLICY_VALUE_MAX 4096    // a longer value is cut to nothing and `oversized` is set
#define POLICY_REPLY_MAX 1024

enum policy_state {
    POLICY_STATE_UNKNOWN,
    POLICY_CONNECT,
    POLICY_HELO, // HELO and EHLO
    POLICY_MAIL,
    POLICY_RCPT,
    POLICY_DATA, // DATA and BDAT
    POLICY_END_OF_MESSAGE,
    POLICY_VRFY,
    POLICY_ETRN,
};

// Every slice points into the parsed bytes. An attribute that was not sent is an empty slice; of one that was
// sent twice the last counts. Names and values may hold any byte except NUL and newline.
struct policy_request {
    enum policy_state state;
    struct slice protocol_state;
    struct slice protocol_name;
    struct slice helo_name;
    struct slice queue_id;
    struct slice sender;
    struct slice recipient;
    struct slice client_address;
    struct slice client_name;
    struct slice reverse_client_name;
    struct slice client_port;
    struct slice server_address;
    struct slice server_port;
    struct slice instance;
    struct slice sasl_method;
    struct slice sasl_username;
    struct slice sasl_sender;
    struct slice encryption_protocol;
    struct slice policy_context;
    uint64_t size;            // 0 where absent or no number
    uint64_t recipient_count; // likewise
    bool stress;              // stress=yes
    bool oversized;           // a value above POLICY_VALUE_MAX, of an attribute above, was dropped
};

enum policy_rc {
    POLICY_OK,
    POLICY_MORE,    // the request is not complete yet
    POLICY_BAD,     // complete but malformed: no "request=smtpd_access_policy", a line without "=", a NUL
    POLICY_TOO_BIG, // POLICY_REQUEST_MAX bytes without an end; the caller skips with policy_skip and still
                    // answers
};

// Parses the first request in `in`. With POLICY_OK and POLICY_BAD `*used` is its length, empty line
// included; with POLICY_MORE and POLICY_TOO_BIG it is 0. `*out` is written with POLICY_OK only. Attributes
// may come in any order; unknown ones are ignored.
enum policy_rc policy_parse(struct slice in, struct policy_request *out, size_t *used)
    __attribute__((warn_unused_result));

// The number of bytes of `in` to discard while the rest of an oversized request is skipped; `*done` is set if
// its empty line was among them. If not, the last byte (it may be half of "\n\n") is kept.
size_t policy_skip(struct slice in, bool *done);

// Writes "action=ACTION\n\n". Bytes of `action` outside printable ASCII become "?": with smtputf8_enable
// Postfix treats a reply that is not UTF-8 as a server failure. An action that would not fit is cut. Returns
// the length.
size_t policy_format(struct slice action, char out[POLICY_REPLY_MAX]);

#endif
