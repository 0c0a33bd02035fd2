// SPDX-License-Identifier: BSD-2-Clause
// The sender as greylisting keys it: the same for each message that one correspondent or one mailing list
// sends. Two correspondents that fall together (john2@ and john3@) do no harm: the client and the recipient
// are in the key too.
#ifndef BASE_SENDER_H
#define BASE_SENDER_H

#include "base/address.h"

// Writes `sender`, which address_fold has folded or which is no address and may hold any bytes, in this order
//   without BATV: "prvs=tag=user" (draft-levine-smtp-batv-01), "prvs=user=tag" (seen in the wild),
//     "btv1==tag==user" (Barracuda), "msprvs1=tag=user" (SparkPost);
//   without SRS (the Sender Rewriting Scheme, libsrs2): SRS0=hash=day=domain=user gives user@domain, so does
//     the SRS0 inside SRS1, or else the first forwarder's domain; "box+SRS=hash=day=domain=user" (Exchange
//     Online) and "user=domain__tag@….bnc.salesforce.com" give user@domain too;
//   without "+extension" (RFC 5233);
//   without VERP (Postfix VERP_README, ezmlm): "list-123-user=domain" is "list-#", whoever it is sent to;
//   with the parts that differ from message to message as "#": a run of digits, a hexadecimal tag of 8 or
//   more with a
//     digit in it, in a local part that only a program writes (24 bytes, three runs of digits) each word
//     with a digit in it, and all of the local part below bounces.google.com. "#-#" is "#".
// `out` is ASCII without control bytes: any other byte is "\hh". It holds ADDRESS_MAX bytes at most: a longer
// local part loses its end, never its domain. The null sender is "<>". What is no address is cut, and else
// stays as it is.
void sender_normalise(struct slice sender, char out[ADDRESS_MAX + 1]);

// Writes the address that the correspondent would give: without BATV and "+extension", nothing else changed.
// `sender` is folded. Returns false, with an empty `out`, where there is neither.
bool sender_untagged(struct slice sender, char out[ADDRESS_MAX + 1]);

#endif
