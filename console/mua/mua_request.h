// SPDX-License-Identifier: BSD-2-Clause
// Outlook's Autodiscover request (MS-OXDSCLI section 2.2.3): of its XML nothing but the text of one element
// is wanted, so that is looked for, within bounds. Nothing of a document type or an entity is read: a parser
// of all of XML would be larger than all else that reads what unknown clients send. Pure.
#ifndef CONSOLE_MUA_MUA_REQUEST_H
#define CONSOLE_MUA_MUA_REQUEST_H

#include "base/address.h"

enum { MUA_REQUEST_MAX = 8192 }; // bytes; Outlook sends some 350

// Writes the text of the first element EMailAddress, in any case and with any prefix, its references &amp;
// &lt; &gt; &quot; &apos; replaced, without blanks at its ends. Returns false, with `out` empty, if there is
// none, if it is longer than an address or holds another element, and for a body that is too long, holds NUL
// or "<!" (a document type, CDATA, a comment).
bool mua_request_address(struct slice body, char out[ADDRESS_MAX + 1]) __attribute__((warn_unused_result));

#endif
