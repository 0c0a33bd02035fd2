// SPDX-License-Identifier: BSD-2-Clause
#include "rcpt_decide_case.h"
#include "milter/decide/smtp_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int word_index(struct slice word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (slice_equal(word, slice_from(words[i])))
            return i;
    fail_msg("unknown word \"%.*s\"", (int)word.len, word.ptr);
    return 0;
}

static enum spf_result read_result(struct slice word)
{
    for (int result = 0; result < SPF_RESULTS; result++)
        if (slice_equal(word, slice_from(spf_result_word((enum spf_result)result))))
            return (enum spf_result)result;
    fail_msg("unknown SPF result \"%.*s\"", (int)word.len, word.ptr);
    return SPF_NONE;
}

static void read_client(struct slice value, struct rcpt_decide_case *out)
{
    out->client.known = !slice_equal(value, SLICE("unknown"));
    if (out->client.known)
        assert_true(ip_parse(value, &out->client.address));
}

static void read_login(struct slice value, struct rcpt_decide_case *out)
{
    smtp_command_address_read(value, &out->client.login);
    out->message.client_class = RCPT_DECIDE_AUTHENTICATED;
}

static void read_class(struct slice value, struct rcpt_decide_case *out)
{
    static const char *const words[] = {"untrusted", "authenticated", "trusted", "relay", NULL};
    out->message.client_class = (enum rcpt_client_class)word_index(value, words);
}

static void read_size(struct slice value, struct rcpt_decide_case *out)
{
    unsigned long long size;
    assert_true(slice_number(value, INT64_MAX, &size));
    out->message.declared = (int64_t)size;
}

static void read_name(struct slice value, struct rcpt_decide_case *out)
{
    assert_true(slice_copy_lower(value, out->client.name, sizeof out->client.name));
}

static void read_sender(struct slice value, struct rcpt_decide_case *out)
{
    smtp_command_address_read(value, &out->sender);
}

static void read_recipient(struct slice value, struct rcpt_decide_case *out)
{
    assert_true(out->recipient_count < RCPT_DECIDE_CASE_RECIPIENTS);
    smtp_command_address_read(value, &out->recipients[out->recipient_count++]);
}

static void read_spf(struct slice value, struct rcpt_decide_case *out)
{
    out->findings.mail_from.checked = true;
    out->findings.mail_from.result = read_result(value);
    out->message.spf = &out->findings;
}

static void read_helo(struct slice value, struct rcpt_decide_case *out)
{
    out->findings.helo.checked = true;
    out->findings.helo.result = read_result(value);
}

static void read_explanation(struct slice value, struct rcpt_decide_case *out)
{
    (void)slice_copy(value, out->findings.mail_from.explanation, SPF_EXPLANATION_MAX);
}

static void read_wide(struct slice value, struct rcpt_decide_case *out)
{
    static const char *const words[] = {"no", "yes", NULL};
    out->findings.mail_from.wide = word_index(value, words);
}

static void read_keys(struct slice value, struct rcpt_decide_case *out)
{
    static const char *const words[] = {"none", NULL};
    (void)word_index(value, words);
    out->message.keys = NULL;
}

static void read_day(struct slice value, struct rcpt_decide_case *out)
{
    unsigned long long day;
    assert_true(slice_number(value, 99999, &day));
    out->message.now = (int64_t)day * 86400 + 43200;
}

static void read_setting(struct slice name, struct slice value, struct rcpt_decide_case *out)
{
    const size_t len = strlen(out->settings);
    snprintf(out->settings + len, sizeof out->settings - len, "setting %.*s value=%.*s\n", (int)name.len,
             name.ptr, (int)value.len, value.ptr);
}

static void read_word(struct slice key, struct slice value, struct rcpt_decide_case *out)
{
    static const char *const keys[] = {"client", "name",      "login", "class", "sender",
                                       "size",   "recipient", "spf",   "helo",  "explanation",
                                       "wide",   "keys",      "day",   NULL};
    void (*const readers[])(struct slice, struct rcpt_decide_case *) = {
        read_client, read_name, read_login,       read_class, read_sender, read_size, read_recipient,
        read_spf,    read_helo, read_explanation, read_wide,  read_keys,   read_day};
    struct slice prefix, name;
    if (slice_split(key, '.', &prefix, &name) && slice_equal(prefix, SLICE("setting")))
        read_setting(name, value, out);
    else
        readers[word_index(key, keys)](value, out);
}

void rcpt_decide_case_read(struct slice line, const struct batv_keys *keys, struct rcpt_decide_case *out)
{
    struct slice word, key, value;
    *out = (struct rcpt_decide_case){.client = {.known = false, .name = "unknown"}};
    out->message = (struct rcpt_decide_message){.client = &out->client,
                                                .sender = &out->sender,
                                                .declared = -1,
                                                .limit = -1,
                                                .keys = keys,
                                                .now = RCPT_DECIDE_CASE_NOW};
    read_client(SLICE("192.0.2.1"), out);
    read_sender(SLICE("a@b.example"), out);
    while (line.len > 0) {
        (void)slice_split(line, ' ', &word, &line);
        if (slice_split(word, '=', &key, &value))
            read_word(key, value, out);
        else
            assert_int_equal(word.len, 0);
    }
    (void)slice_copy(out->sender.len > 0 ? address_domain(&out->sender) : SLICE("helo.example"),
                     out->findings.mail_from.domain, SPF_NAME_MAX);
    (void)slice_copy(SLICE("helo.example"), out->findings.helo.domain, SPF_NAME_MAX);
}
