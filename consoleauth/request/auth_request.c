// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/request/auth_request.h"

#include "base/cidr.h"
#include "base/hex.h"

#include <jansson.h>

#define BIT(field) (1U << AUTH_FIELD_##field)

enum shape { SHAPE_TEXT, SHAPE_ADDRESS, SHAPE_SECRET };

static const struct {
    const char *name;
    unsigned short max; // bytes
    enum shape shape;
} fields[AUTH_FIELDS] = {
    [AUTH_FIELD_LOGIN] = {"login", 320, SHAPE_TEXT},
    [AUTH_FIELD_PASSWORD] = {"password", 512, SHAPE_TEXT},
    [AUTH_FIELD_FROM] = {"from", 64, SHAPE_ADDRESS},
    [AUTH_FIELD_AGENT] = {"agent", 1000, SHAPE_TEXT},
    [AUTH_FIELD_CAPTCHA] = {"captcha", 8000, SHAPE_TEXT},
    [AUTH_FIELD_TICKET] = {"ticket", 64, SHAPE_SECRET},
    [AUTH_FIELD_CODE] = {"code", 64, SHAPE_TEXT},
    [AUTH_FIELD_FOR] = {"for", 32, SHAPE_TEXT},
    [AUTH_FIELD_TOKEN] = {"token", 80, SHAPE_TEXT},
    [AUTH_FIELD_SESSION] = {"session", 64, SHAPE_SECRET},
    [AUTH_FIELD_CURRENT] = {"current", 512, SHAPE_TEXT},
    [AUTH_FIELD_NEW] = {"new", 512, SHAPE_TEXT},
    [AUTH_FIELD_ADDRESS] = {"address", 320, SHAPE_TEXT},
};

static const struct {
    const char *word;
    unsigned needs;
} verbs[AUTH_VERBS] = {
    [AUTH_LOGIN] = {"login", BIT(LOGIN) | BIT(PASSWORD) | BIT(FROM)},
    [AUTH_SECOND] = {"second", BIT(TICKET) | BIT(CODE) | BIT(FROM)},
    [AUTH_CHALLENGE] = {"challenge", BIT(FOR) | BIT(FROM)},
    [AUTH_PROVE] = {"prove", BIT(FROM)},
    [AUTH_FORGOT] = {"forgot", BIT(LOGIN) | BIT(FROM)},
    [AUTH_TOKEN] = {"token", BIT(TOKEN)},
    [AUTH_SET_PASSWORD] = {"set-password", BIT(TOKEN) | BIT(PASSWORD)},
    [AUTH_PASSWORD] = {"password", BIT(SESSION) | BIT(CURRENT) | BIT(NEW)},
    [AUTH_CONFIRM] = {"confirm", BIT(SESSION) | BIT(PASSWORD)},
    [AUTH_TOTP_BEGIN] = {"totp-begin", BIT(SESSION)},
    [AUTH_TOTP_ENABLE] = {"totp-enable", BIT(SESSION) | BIT(CODE)},
    [AUTH_TOTP_DISABLE] = {"totp-disable", BIT(SESSION) | BIT(PASSWORD)},
    [AUTH_RECOVERY] = {"recovery", BIT(SESSION) | BIT(PASSWORD)},
    [AUTH_CODE] = {"code", BIT(SESSION) | BIT(ADDRESS)},
};

const char *auth_verb_word(unsigned verb)
{
    return verbs[verb].word;
}

static bool find_verb(const json_t *object, enum auth_verb *out)
{
    const char *word = json_string_value(json_object_get(object, "do"));
    for (unsigned verb = 0; word && verb < AUTH_VERBS; verb++)
        if (strcmp(word, verbs[verb].word) == 0) {
            *out = (enum auth_verb)verb;
            return true;
        }
    return false;
}

static void store(struct auth_request *out, enum auth_field field, struct slice text)
{
    out->at[field] = (unsigned short)out->used;
    out->size[field] = (unsigned short)text.len;
    memcpy(out->text + out->used, text.ptr, text.len);
    out->text[out->used + text.len] = '\0';
    out->used += (unsigned)text.len + 1;
}

// An address is stored in its canonical form, so that one client has one name.
static bool take_field(const json_t *object, enum auth_field field, struct auth_request *out)
{
    const json_t *value = json_object_get(object, fields[field].name);
    const struct slice text = slice_make(json_string_value(value), json_string_length(value));
    char canonical[CIDR_TEXT_MAX];
    struct ip address;
    if (!value)
        return true;
    if (!text.ptr || text.len > fields[field].max || out->used + text.len >= sizeof out->text ||
        memchr(text.ptr, '\0', text.len))
        return false;
    if (fields[field].shape == SHAPE_SECRET && !hex_is_digits(text, fields[field].max))
        return false;
    if (fields[field].shape != SHAPE_ADDRESS) {
        store(out, field, text);
        return true;
    }
    if (!ip_parse(text, &address))
        return false;
    ip_format(&address, canonical);
    store(out, field, slice_from(canonical));
    return true;
}

static bool take_all(const json_t *object, struct auth_request *out)
{
    if (!find_verb(object, &out->verb))
        return false;
    for (unsigned field = 0; field < AUTH_FIELDS; field++) {
        if (!take_field(object, (enum auth_field)field, out))
            return false;
        if ((verbs[out->verb].needs >> field & 1) && out->size[field] == 0)
            return false;
    }
    return true;
}

bool auth_request_parse(struct slice content, struct auth_request *out)
{
    *out = (struct auth_request){.used = 1};
    if (content.len > AUTH_REQUEST_MAX)
        return false;
    json_t *object = json_loadb(content.ptr, content.len, JSON_REJECT_DUPLICATES, NULL);
    const bool good = json_is_object(object) && take_all(object, out);
    json_decref(object);
    return good;
}
