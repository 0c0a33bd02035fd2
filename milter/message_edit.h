// SPDX-License-Identifier: BSD-2-Clause
// Changes to an accepted message: header fields, recipients without bounces, a signed sender.
#ifndef MILTER_MESSAGE_EDIT_H
#define MILTER_MESSAGE_EDIT_H

#include "milter/message.h"

#include <libmilter/mfapi.h>

// Call at the end of the message: libmilter refuses changes elsewhere. A change that the MTA does not accept
// is logged and counted; the message continues without it.
void message_edit(struct session *session, const struct message_rules *rules, SMFICTX *ctx);

#endif
