// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_guard.h"

static bool is_form(struct slice content_type)
{
    struct slice type, parameters;
    (void)slice_split(content_type, ';', &type, &parameters);
    return slice_equal_nocase(slice_trim(type), SLICE("application/x-www-form-urlencoded"));
}

enum web_guard web_guard_check(const struct web_sender *sender, const char *origin)
{
    if (!is_form(sender->content_type))
        return WEB_GUARD_TYPE;
    const bool is_own = sender->origin.ptr ? slice_equal_nocase(sender->origin, slice_from(origin))
                                           : slice_equal(sender->fetch_site, SLICE("same-origin"));
    return is_own ? WEB_GUARD_PASSED : WEB_GUARD_ORIGIN;
}

bool web_origin_check(const char *value, struct problem *problem)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.:[]";
    const char *host = value + strlen("https://");
    if (slice_has_prefix(slice_from(value), SLICE("https://")) && *host && strlen(value) < WEB_ORIGIN_MAX &&
        host[strspn(host, allowed)] == '\0')
        return true;
    return problem_set(
        problem,
        "write scheme and host in lower-case letters, without a path, as in https://console.example");
}
