// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/logins/login_request.h"

#include "base/lru.h"

#include <jansson.h>
#include <string.h>

static struct slice member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? slice_make(json_string_value(value), json_string_length(value))
                                 : SLICE("");
}

static void copy_address(struct slice login, char out[LOGIN_ADDRESS_MAX])
{
    if (login.len >= LOGIN_ADDRESS_MAX)
        login.len = LOGIN_ADDRESS_MAX - 1;
    (void)slice_copy_lower(login, out, LOGIN_ADDRESS_MAX);
}

bool login_request_parse(struct slice in, struct login_attempt *out)
{
    json_t *object = json_loadb(in.ptr, in.len, 0, NULL);
    const struct slice login = member(object, "login"), password = member(object, "pwhash");
    const bool done = login.len > 0 && password.len > 0;
    memset(out, 0, sizeof *out);
    if (done) {
        copy_address(login, out->address);
        out->has_client = ip_parse(member(object, "remote"), &out->client);
        out->password = (uint32_t)lru_key(&password, 1).low;
        out->successful = json_is_true(json_object_get(object, "success"));
    }
    json_decref(object);
    return done;
}
