// SPDX-License-Identifier: BSD-2-Clause
#include "queuehold/request/hold_request.h"

#include <string.h>

enum { LONG_TIME_DIGITS = 10, SHORT_DIGITS_MIN = 6, SHORT_DIGITS_MAX = 21 };

static const char *const actions[HOLD_ACTIONS] = {"hold", "release", "delete"};
static const char *const outcomes[HOLD_ACTIONS] = {"held", "released", "deleted"};
static const char *const options[HOLD_ACTIONS] = {"-h", "-H", "-d"};

const char *hold_request_option(enum hold_action action)
{
    return options[action];
}

const char *hold_request_outcome(enum hold_action action)
{
    return outcomes[action];
}

static bool consists_of(const char *text, size_t len, const char *digits)
{
    for (size_t i = 0; i < len; i++)
        if (!strchr(digits, text[i]))
            return false;
    return true;
}

static bool is_queue_id(const char *id)
{
    static const char digits[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    static const char short_digits[] = "0123456789ABCDEF";
    const size_t len = strlen(id);
    if (len > LONG_TIME_DIGITS + 1 && id[LONG_TIME_DIGITS] == 'z')
        return consists_of(id, len, digits);
    return len >= SHORT_DIGITS_MIN && len <= SHORT_DIGITS_MAX && consists_of(id, len, short_digits);
}

static bool is_login(struct slice login)
{
    for (size_t i = 0; i < login.len; i++)
        if (login.ptr[i] <= ' ' || login.ptr[i] > '~')
            return false;
    return login.len > 0;
}

bool hold_request_read(struct slice line, struct hold_request *out)
{
    struct slice action, rest, id, login;
    unsigned i = 0;
    if (!slice_split(line, ' ', &action, &rest) || !slice_split(rest, ' ', &id, &login))
        return false;
    while (i < HOLD_ACTIONS && !slice_equal(action, slice_from(actions[i])))
        i++;
    out->action = (enum hold_action)i;
    return i < HOLD_ACTIONS && is_login(id) && is_login(login) && slice_copy(id, out->id, sizeof out->id) &&
           slice_copy(login, out->login, sizeof out->login) && is_queue_id(out->id);
}

// The next line of the envelope.
static bool next_line(struct slice *rest, struct slice *line)
{
    if (rest->len == 0)
        return false;
    (void)slice_split(*rest, '\n', line, rest);
    return true;
}

enum hold_verdict hold_request_judge(const struct hold_request *request, struct slice envelope)
{
    static const char head[] = "*** ENVELOPE RECORDS hold/", login[] = "named_attribute: sasl_username=";
    const struct slice wanted = slice_from(request->login);
    bool is_held = false, is_theirs = false;
    for (struct slice line; next_line(&envelope, &line);) {
        is_held = is_held || slice_has_prefix(line, slice_from(head));
        if (slice_has_prefix(line, slice_from(login)))
            is_theirs = slice_equal_nocase(slice_skip(line, sizeof login - 1), wanted);
    }
    if (!is_theirs)
        return HOLD_NOT_THEIRS;
    if (request->action == HOLD_DELETE)
        return HOLD_TO_DO;
    return is_held == (request->action == HOLD_HOLD) ? HOLD_DONE : HOLD_TO_DO;
}
