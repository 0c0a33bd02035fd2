// SPDX-License-Identifier: BSD-2-Clause
// Whom a relay of ours got a message from, by the Received field that it put on top. Pure.
#ifndef MILTER_HEADERS_RECEIVED_CLIENT_H
#define MILTER_HEADERS_RECEIVED_CLIENT_H

#include "wire/spf_codec.h"

struct received_client {
    struct ip ip;
    char helo[SPF_NAME_MAX + 1]; // as the client gave it
};

// Reads the field's value, folded or not. The field must be a trusted relay's, but the HELO name, the reverse
// name and the ident reply in it are a stranger's: only the shapes that Postfix, sendmail, Exim, qmail,
// Exchange and those who write like them have are read, and one that gives two addresses, or the address in a
// place where the client could have put it, is not. The address may be a private one or that of a filter on
// the relay itself (received_trace.h). Returns false where there is none to be had.
//
//   from HELO (NAME [ADDRESS]) by …           Postfix, sendmail, Google, Courier; NAME may be missing
//   from NAME ([ADDRESS] helo=HELO) by …      Exim; without "helo=" NAME is the HELO name, too
//   from [ADDRESS] (helo=HELO) by …           Exim without a NAME; CommuniGate with "HELO HELO"
//   from NAME (HELO HELO) (ADDRESS) by …      qmail; without "(HELO …)" NAME is the HELO name, too
//   from HELO (ADDRESS) by …                  Exchange
//   from NAME [ADDRESS] by …                  ZoneMTA, RFC 6376
//   from [ADDRESS] by …                       Exim without any name; Yahoo by NNFMP or HTTP
//
// In the last two the address stands where a HELO name with blanks could put one: they count where the field
// names no second host after a "by", and the last one where a protocol or a program is named that has no
// HELO name in that place. A client that gave no HELO name has the one of its address, "[ADDRESS]".
bool received_client_find(struct slice value, struct received_client *out)
    __attribute__((warn_unused_result));

#endif
