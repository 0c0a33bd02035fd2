// SPDX-License-Identifier: BSD-2-Clause
// The changes to a message that was accepted: headers, recipients whose bounces nobody wants, a signed
// sender.
#ifndef MILTER_MESSAGE_EDIT_H
#define MILTER_MESSAGE_EDIT_H

#include "milter/session.h"

#include <libmilter/mfapi.h>

// At the end of the message, the only place where libmilter takes changes. One that the MTA does not take is
// told in the log and counted; the message goes on without it.
void message_edit(struct session *session, SMFICTX *ctx);

#endif
