// SPDX-License-Identifier: BSD-2-Clause
// The header of a message that arrives line by line (RFC 5322): three kinds of field are kept, all else and
// the body are dropped. Pure; memory is bounded whatever the message is.
#ifndef NOTIFIER_LMTP_LMTP_MESSAGE_H
#define NOTIFIER_LMTP_LMTP_MESSAGE_H

#include "base/slice.h"

#define LMTP_MESSAGE_FIELD_MAX 512 // bytes of a field's body that are kept
#define LMTP_MESSAGE_PROBE_FIELD "X-Emailgency-Round-Trip"

struct lmtp_message {
    bool in_body;
    char *open;                               // the kept field that continuation lines belong to; NULL: none
    unsigned received;                        // fields "Received": hosts that it went through
    char message_id[LMTP_MESSAGE_FIELD_MAX];  // of the first field of that name; "": none
    char probe_field[LMTP_MESSAGE_FIELD_MAX]; // likewise
};

// A zeroed struct is ready. Takes a line without its end, dots already unstuffed. `starts` is false for a
// later piece of a line that comes in several.
void lmtp_message_line(struct lmtp_message *message, struct slice line, bool starts);

#endif
