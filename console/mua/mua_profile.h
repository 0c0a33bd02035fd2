// SPDX-License-Identifier: BSD-2-Clause
// Identifiers of Apple's configuration profiles. Pure.
#ifndef CONSOLE_MUA_MUA_PROFILE_H
#define CONSOLE_MUA_MUA_PROFILE_H

#include "base/slice.h"

enum { MUA_UUID_MAX = 37 };

// Writes the UUID (RFC 9562, version 8: of a hash) of a part of the profile of an address: the same one each
// time, so that a profile replaces its predecessor.
void mua_profile_uuid(const char *part, const char *address, char out[MUA_UUID_MAX]);

#endif
