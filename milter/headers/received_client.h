// SPDX-License-Identifier: BSD-2-Clause
// The client that a trusted relay received a message from, by the Received field that it added. Pure.
#ifndef MILTER_HEADERS_RECEIVED_CLIENT_H
#define MILTER_HEADERS_RECEIVED_CLIENT_H

#include "wire/spf_codec.h"

struct received_client {
    struct ip ip;
    char helo[SPF_NAME_MAX + 1]; // as the client gave it
};

// Reads the field's value, folded or not. The field must be from a trusted relay, but the HELO name, the
// reverse name and the ident reply in it are untrusted: only the forms of Postfix, sendmail, Exim, qmail,
// Exchange and compatible MTAs are read. A field with two addresses, or with the address in a place that the
// client controls, is not. The address may be private or that of a filter on the relay itself
// (received_trace.h). Returns false if the field gives no client.
//
//   from HELO (NAME [ADDRESS]) by …           Postfix, sendmail, Google, Courier; NAME may be missing
//   from NAME ([ADDRESS] helo=HELO) by …      Exim; without "helo=" NAME is the HELO name, too
//   from [ADDRESS] (helo=HELO) by …           Exim without a NAME; CommuniGate with "HELO HELO"
//   from NAME (HELO HELO) (ADDRESS) by …      qmail; without "(HELO …)" NAME is the HELO name, too
//   from HELO (ADDRESS) by …                  Exchange
//   from NAME [ADDRESS] by …                  ZoneMTA, RFC 6376
//   from [ADDRESS] by …                       Exim without any name; Yahoo by NNFMP or HTTP
//
// In the last two forms a HELO name with blanks could forge the address: they are accepted if the field names
// no second host after a "by", and the last one only if it names a protocol or program that has no HELO name
// in that place. The HELO name of a client that gave none is that of its address, "[ADDRESS]".
bool received_client_find(struct slice value, struct received_client *out)
    __attribute__((warn_unused_result));

#endif
