// SPDX-License-Identifier: BSD-2-Clause
#include "wire/socketmap.h"

#include "wire/netstring.h"

_Static_assert(NETSTRING_HEAD_MAX + SOCKETMAP_MAP_MAX + 1 + SOCKETMAP_KEY_MAX + 1 <= SOCKETMAP_REQUEST_MAX,
               "a request that is allowed fits");
_Static_assert(NETSTRING_HEAD_MAX + SOCKETMAP_REPLY_MAX + 1 <= SOCKETMAP_ENCODED_MAX, "so does a reply");

enum socketmap_rc socketmap_parse(struct slice in, struct socketmap_request *out, size_t *used)
{
    struct slice content;
    struct socketmap_request found;
    switch (netstring_parse(in, SOCKETMAP_MAP_MAX + 1 + SOCKETMAP_KEY_MAX, &content, used)) {
    case NETSTRING_MORE:
        return SOCKETMAP_MORE;
    case NETSTRING_TOO_BIG:
        return SOCKETMAP_TOO_BIG;
    case NETSTRING_BAD:
        return SOCKETMAP_MALFORMED;
    case NETSTRING_OK:
        break;
    }
    if (!slice_split(content, ' ', &found.map, &found.key))
        return SOCKETMAP_NO_KEY;
    if (found.map.len > SOCKETMAP_MAP_MAX || found.key.len > SOCKETMAP_KEY_MAX)
        return SOCKETMAP_TOO_BIG;
    *out = found;
    return SOCKETMAP_OK;
}

size_t socketmap_format(enum socketmap_status status, struct slice text, char out[SOCKETMAP_ENCODED_MAX])
{
    static const struct slice words[] = {[SOCKETMAP_FOUND] = {"OK ", 3},
                                         [SOCKETMAP_NOT_FOUND] = {"NOTFOUND ", 9},
                                         [SOCKETMAP_TEMP] = {"TEMP ", 5},
                                         [SOCKETMAP_PERM] = {"PERM ", 5}};
    struct slice word = words[status];
    const bool fits = word.len + text.len <= SOCKETMAP_REPLY_MAX;
    const bool unclear =
        status == SOCKETMAP_FOUND && (text.len == 0 || (fits && memchr(text.ptr, '\0', text.len)));
    if (!fits || unclear) {
        word = words[SOCKETMAP_TEMP];
        text = SLICE("the answer cannot be sent");
    }
    size_t len = netstring_head(word.len + text.len, out);
    memcpy(out + len, word.ptr, word.len);
    len += word.len;
    if (text.len)
        memcpy(out + len, text.ptr, text.len);
    len += text.len;
    out[len++] = ',';
    return len;
}
