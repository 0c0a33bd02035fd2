// SPDX-License-Identifier: BSD-2-Clause
// Whom a relay of ours got a message from, by the Received field that it put on top. Pure.
#ifndef MILTER_RECEIVED_CLIENT_H
#define MILTER_RECEIVED_CLIENT_H

#include "wire/spf.h"

struct received_client {
    struct ip ip;
    char helo[SPF_NAME_MAX + 1]; // as the client gave it
};

// Reads the field's value, folded or not. The field must be a trusted relay's, but the HELO name, the reverse
// name and the ident reply in it are a stranger's: only the shapes that Postfix, sendmail, Exim, qmail,
// Exchange and those who write like them have are read, and one that gives two addresses, or the address in a
// place where the client could have put it, is not. The address may be a private one or that of a filter on
// the relay itself. Returns false where there is none to be had.
//
//   from HELO (NAME [ADDRESS]) by …           Postfix, sendmail, Google, Courier; NAME may be missing
//   from NAME ([ADDRESS] helo=HELO) by …      Exim; without "helo=" NAME is the HELO name, too
//   from [ADDRESS] (helo=HELO) by …           Exim without a NAME; CommuniGate with "HELO HELO"
//   from NAME (HELO HELO) (ADDRESS) by …      qmail; without "(HELO …)" NAME is the HELO name, too
//   from HELO (ADDRESS) by …                  Exchange
bool received_client_find(struct slice value, struct received_client *out)
    __attribute__((warn_unused_result));

#endif
