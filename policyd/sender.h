// SPDX-License-Identifier: BSD-2-Clause
// The sender as greylisting keys it: the same for each message that one correspondent or one mailing list
// sends.
#ifndef POLICYD_SENDER_H
#define POLICYD_SENDER_H

#include "base/address.h"

// Writes `sender` folded, without "+extension", with BATV ("prvs=tag=user", draft-levine-smtp-batv), SRS
// (SRS0=… and SRS1=… give the original or the forwarder's domain) and VERP undone, and each run of digits or
// long hexadecimal tag in the local part as "#". The null sender is "<>". What is no address is cut to
// ADDRESS_MAX printable bytes.
void sender_normalise(struct slice sender, char out[ADDRESS_MAX + 1]);

#endif
