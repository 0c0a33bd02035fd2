// SPDX-License-Identifier: BSD-2-Clause
// Requests to SMS gateways and the meaning of their answers. The gateways are those that docs/operations.md
// shows; the signatures were computed with Python's hashlib and hmac.
#include "notifier/sms/sms_answer.h"
#include "notifier/sms/sms_check.h"
#include "notifier/sms/sms_request.h"
#include "notifier/sms/sms_template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct sms_gateway bare = {.url = "https://sms.example/send",
                                        .method = "POST",
                                        .headers = "",
                                        .body = "to={to}&text={text}",
                                        .content = "form",
                                        .auth = "none",
                                        .user = "",
                                        .secret = "",
                                        .token = "",
                                        .signed_text = "",
                                        .success_status = "",
                                        .success_path = "",
                                        .id_path = ""};

static const struct sms_message message = {
    .to = "+41791234567", .text = "example.com: \"hi\" & café", .id = "emailgency-7", .time = 1764410520};

static struct sms_gateway twilio(void)
{
    struct sms_gateway gateway = bare;
    gateway.url = "https://api.twilio.com/2010-04-01/Accounts/{user}/Messages.json";
    gateway.body = "To={to}&From=%2B15005550006&Body={text}";
    gateway.auth = "basic";
    gateway.user = "AC123";
    gateway.secret = "token";
    gateway.success_status = "201";
    gateway.id_path = "sid";
    return gateway;
}

static struct sms_gateway vonage(void)
{
    struct sms_gateway gateway = bare;
    gateway.url = "https://rest.nexmo.com/sms/json";
    gateway.body = "from=Emailgency&to={number}&text={text}&client-ref={id}";
    gateway.auth = "basic";
    gateway.user = "key";
    gateway.secret = "s3cret";
    gateway.success_path = "messages.0.status=0";
    gateway.id_path = "messages.0.message-id";
    return gateway;
}

static struct sms_gateway ovh(void)
{
    struct sms_gateway gateway = bare;
    gateway.url = "https://eu.api.ovh.com/1.0/sms/sms-ab12345-1/jobs";
    gateway.content = "json";
    gateway.body = "{\"charset\":\"UTF-8\",\"coding\":\"7bit\",\"message\":\"{text}\",\"noStopClause\":true,"
                   "\"priority\":\"high\",\"receivers\":[\"{to}\"],\"sender\":\"Emailgency\"}";
    gateway.auth = "sha1";
    gateway.user = "appkey";
    gateway.secret = "appsecret";
    gateway.token = "consumerkey";
    gateway.signed_text = "{secret}+{token}+{method}+{url}+{body}+{time}";
    gateway.headers = "X-Ovh-Application: {user} | X-Ovh-Consumer: {token} | X-Ovh-Timestamp: {time} | "
                      "X-Ovh-Signature: $1${signature}";
    gateway.success_path = "validReceivers.0";
    gateway.id_path = "ids.0";
    return gateway;
}

// XML, PUT and HMAC: what none of the three has.
static struct sms_gateway xml(void)
{
    struct sms_gateway gateway = bare;
    gateway.url = "https://sms.example/v1?for={to}&key={secret}";
    gateway.method = "PUT";
    gateway.content = "xml";
    gateway.body = "<sms id=\"{id}\"><to>{number}</to><text>{text}</text></sms>";
    gateway.auth = "hmac";
    gateway.secret = "s3cret";
    gateway.signed_text = "{time}.{body}";
    gateway.headers = "X-Signature: t={time},v1={signature}";
    return gateway;
}

static void check_request(struct sms_gateway gateway, const char *wanted)
{
    static struct sms_request request;
    struct problem problem = {""};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_true(sms_gateway_check(&gateway, &problem));
    assert_true(sms_request_write(&gateway, &message, &request, &problem));
    fprintf(out, "%s %s\n", gateway.method, request.url);
    for (size_t i = 0; i < request.header_count; i++)
        fprintf(out, "%s\n", request.headers[i]);
    fprintf(out, "\n%.*s", (int)request.body_len, request.body);
    fclose(out);
    assert_string_equal(text, wanted);
    free(text);
}

static void test_twilio(void **state)
{
    (void)state;
    check_request(twilio(),
                  "POST https://api.twilio.com/2010-04-01/Accounts/AC123/Messages.json\n"
                  "Content-Type: application/x-www-form-urlencoded\n"
                  "Accept: application/json, */*;q=0.1\n"
                  "Authorization: Basic QUMxMjM6dG9rZW4=\n\n"
                  "To=%2B41791234567&From=%2B15005550006&Body=example.com%3A%20%22hi%22%20%26%20caf%C3%A9");
}

static void test_vonage(void **state)
{
    (void)state;
    check_request(vonage(), "POST https://rest.nexmo.com/sms/json\n"
                            "Content-Type: application/x-www-form-urlencoded\n"
                            "Accept: application/json, */*;q=0.1\n"
                            "Authorization: Basic a2V5OnMzY3JldA==\n\n"
                            "from=Emailgency&to=41791234567&text=example.com%3A%20%22hi%22%20%26%20caf%C3%A9"
                            "&client-ref=emailgency-7");
}

static void test_ovh(void **state)
{
    (void)state;
    check_request(ovh(), "POST https://eu.api.ovh.com/1.0/sms/sms-ab12345-1/jobs\n"
                         "Content-Type: application/json\n"
                         "Accept: application/json, */*;q=0.1\n"
                         "X-Ovh-Application: appkey\n"
                         "X-Ovh-Consumer: consumerkey\n"
                         "X-Ovh-Timestamp: 1764410520\n"
                         "X-Ovh-Signature: $1$da86e3186227197b482adc13c14383b317e98fc6\n\n"
                         "{\"charset\":\"UTF-8\",\"coding\":\"7bit\",\"message\":\"example.com: \\\"hi\\\" & "
                         "café\",\"noStopClause\":true,\"priority\":\"high\",\"receivers\":[\"+41791234567\"]"
                         ",\"sender\":\"Emailgency\"}");
}

static void test_xml_put_and_hmac(void **state)
{
    (void)state;
    check_request(
        xml(), "PUT https://sms.example/v1?for=%2B41791234567&key=s3cret\n"
               "Content-Type: application/xml; charset=utf-8\n"
               "Accept: application/json, */*;q=0.1\n"
               "X-Signature: t=1764410520,v1=f5ac452eb22275037d99ff805f97e449a49dffcbd511d379bd471d1d921f8046"
               "\n\n"
               "<sms id=\"emailgency-7\"><to>41791234567</to><text>example.com: &quot;hi&quot; &amp; "
               "café</text></sms>");
}

static void test_bearer_and_get(void **state)
{
    struct sms_gateway gateway = bare;
    (void)state;
    gateway.url = "https://sms.example/?to={to}&text={text}";
    gateway.method = "GET";
    gateway.body = "";
    gateway.auth = "bearer";
    gateway.secret = "abc";
    check_request(
        gateway,
        "GET https://sms.example/?to=%2B41791234567&text=example.com%3A%20%22hi%22%20%26%20caf%C3%A9\n"
        "Accept: application/json, */*;q=0.1\n"
        "Authorization: Bearer abc\n\n");
}

// A customer chooses the name of a domain, and a customer's server the text of its reply.
static void test_no_value_leaves_its_place(void **state)
{
    const struct sms_value value = {"v", SLICE("a\"b\\c\n</x>&y=1\r\nX: {v} \x7f")};
    const struct sms_values values = {&value, 1};
    static const char *const wanted[] = {
        [SMS_ESCAPE_NONE] = "[a\"b\\c\n</x>&y=1\r\nX: {v} \x7f]",
        [SMS_ESCAPE_URL] = "[a%22b%5Cc%0A%3C%2Fx%3E%26y%3D1%0D%0AX%3A%20%7Bv%7D%20%7F]",
        [SMS_ESCAPE_JSON] = "[a\\\"b\\\\c\\u000a</x>&y=1\\u000d\\u000aX: {v} \x7f]",
        [SMS_ESCAPE_XML] = "[a&quot;b\\c &lt;/x&gt;&amp;y=1  X: {v}  ]",
        [SMS_ESCAPE_HEADER] = "[a\"b\\c </x>&y=1  X: {v}  ]"};
    (void)state;
    for (unsigned escape = 0; escape < sizeof wanted / sizeof *wanted; escape++) {
        char out[200];
        size_t used = 0;
        assert_true(
            sms_template_fill(SLICE("[{v}]"), (enum sms_escape)escape, &values, out, sizeof out, &used));
        assert_string_equal(out, wanted[escape]);
    }
}

static void test_braces_that_are_no_name_stay(void **state)
{
    const struct sms_values none = {NULL, 0};
    char out[200];
    size_t used = 0;
    (void)state;
    assert_true(
        sms_template_fill(SLICE("{\"a\":{}} {A} {a b} {a"), SMS_ESCAPE_JSON, &none, out, sizeof out, &used));
    assert_string_equal(out, "{\"a\":{}} {A} {a b} {a");
    used = 0;
    assert_false(sms_template_fill(SLICE("{nobody}"), SMS_ESCAPE_JSON, &none, out, sizeof out, &used));
    used = 0;
    assert_false(sms_template_fill(SLICE("12345678"), SMS_ESCAPE_JSON, &none, out, 8, &used));
}

static void test_numbers(void **state)
{
    static const char *const good[] = {"+41791234567", "+15", "+123456789012345"};
    static const char *const bad[] = {
        "",   "+",      "+1",         "+0791234567", "0791234567",        "0041791234567",
        "41", "+41 79", "+41-791234", "+4179x",      "+1234567890123456", "+41791234567\r\nX: y"};
    (void)state;
    for (unsigned i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(sms_number_valid(good[i]));
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct sms_request request;
        struct sms_message to = message;
        struct problem problem;
        to.to = bad[i];
        assert_false(sms_number_valid(bad[i]));
        assert_false(sms_request_write(&bare, &to, &request, &problem));
    }
}

static void check_refused(struct sms_gateway gateway, const char *words)
{
    struct problem problem = {""};
    assert_false(sms_gateway_check(&gateway, &problem));
    assert_non_null(strstr(problem.text, words));
    assert_null(strstr(problem.text, "hidden"));
}

static void test_gateways_that_cannot_work(void **state)
{
    static char huge[SMS_BODY_MAX + 1];
    struct sms_gateway gateway;
    (void)state;
    gateway = bare, gateway.auth = "basic";
    check_refused(gateway, "basic needs a secret");
    gateway = ovh(), gateway.headers = "X: y";
    check_refused(gateway, "{signature}");
    gateway = ovh(), gateway.signed_text = "";
    check_refused(gateway, "sms_signed_text");
    gateway = bare, gateway.body = "text={text}";
    check_refused(gateway, "{to} or {number}");
    gateway = bare, gateway.body = "to={to}&text={txt}", gateway.secret = "hidden";
    check_refused(gateway, "unknown name");
    gateway = bare, gateway.headers = "X: {text}"; // a header has no encoding for it
    check_refused(gateway, "unknown name");
    memset(huge, 'x', sizeof huge - 1);
    gateway = bare, gateway.headers = huge, gateway.secret = "hidden";
    check_refused(gateway, "too long");
}

static enum send_outcome outcome(const struct sms_gateway *gateway, unsigned status, const char *body)
{
    return sms_answer_outcome(gateway, status, slice_from(body));
}

static void test_statuses(void **state)
{
    const struct sms_gateway of_twilio = twilio();
    (void)state;
    assert_int_equal(outcome(&bare, 200, ""), SEND_SENT);
    assert_int_equal(outcome(&bare, 202, "anything"), SEND_SENT);
    assert_int_equal(outcome(&of_twilio, 201, "{}"), SEND_SENT);
    assert_int_equal(outcome(&of_twilio, 200, "{}"), SEND_UNKNOWN);
    assert_int_equal(outcome(&bare, 302, ""), SEND_DEAD);
    assert_int_equal(outcome(&bare, 400, ""), SEND_DEAD);
    assert_int_equal(outcome(&bare, 401, ""), SEND_DEAD);
    assert_int_equal(outcome(&bare, 408, ""), SEND_RETRY);
    assert_int_equal(outcome(&bare, 429, ""), SEND_RETRY);
    assert_int_equal(outcome(&bare, 500, ""), SEND_UNKNOWN);
    assert_int_equal(outcome(&bare, 503, ""), SEND_UNKNOWN);
    assert_int_equal(outcome(&bare, 0, ""), SEND_UNKNOWN);
    assert_int_equal(outcome(&bare, 999, ""), SEND_UNKNOWN);
}

static void test_paths(void **state)
{
    const struct sms_gateway of_vonage = vonage(), of_ovh = ovh();
    (void)state;
    assert_int_equal(outcome(&of_vonage, 200, "{\"messages\":[{\"status\":\"0\"}]}"), SEND_SENT);
    assert_int_equal(outcome(&of_vonage, 200, "{\"messages\":[{\"status\":0}]}"), SEND_SENT);
    assert_int_equal(outcome(&of_vonage, 200, "{\"messages\":[{\"status\":\"1\"}]}"), SEND_RETRY);
    assert_int_equal(outcome(&of_vonage, 200, "{\"messages\":[{\"status\":true}]}"), SEND_RETRY);
    assert_int_equal(outcome(&of_vonage, 200, "{\"messages\":[]}"), SEND_UNKNOWN);
    assert_int_equal(outcome(&of_vonage, 200, "{\"messages\":{\"0\":{\"status\":\"0\"}}}"), SEND_SENT);
    assert_int_equal(outcome(&of_vonage, 200, "[]"), SEND_UNKNOWN);
    assert_int_equal(outcome(&of_vonage, 200, ""), SEND_UNKNOWN);
    assert_int_equal(outcome(&of_vonage, 200, "<html>"), SEND_UNKNOWN);
    assert_int_equal(outcome(&of_vonage, 200, "{\"messages\":[{\"status\":\"0\""), SEND_UNKNOWN);
    assert_int_equal(outcome(&of_vonage, 401, "{\"messages\":[{\"status\":\"0\"}]}"), SEND_DEAD);
    assert_int_equal(outcome(&of_ovh, 200, "{\"ids\":[1],\"validReceivers\":[\"+41\"]}"), SEND_SENT);
    assert_int_equal(outcome(&of_ovh, 200, "{\"ids\":[],\"validReceivers\":[]}"), SEND_UNKNOWN);
    assert_int_equal(outcome(&of_ovh, 200, "{\"validReceivers\":[null]}"), SEND_RETRY);
    assert_int_equal(outcome(&of_ovh, 200, "{\"validReceivers\":[false]}"), SEND_RETRY);
}

static void check_id(const struct sms_gateway *gateway, const char *body, const char *wanted)
{
    char id[SMS_ID_MAX];
    sms_answer_id(gateway, slice_from(body), id);
    assert_string_equal(id, wanted);
}

static void test_ids(void **state)
{
    const struct sms_gateway of_twilio = twilio(), of_ovh = ovh();
    char body[400] = "{\"sid\":\"";
    (void)state;
    check_id(&of_twilio, "{\"sid\":\"SM7\"}", "SM7");
    check_id(&of_ovh, "{\"ids\":[123456789012]}", "123456789012");
    check_id(&of_ovh, "{\"ids\":[]}", "");
    check_id(&of_ovh, "garbage", "");
    check_id(&bare, "{\"sid\":\"SM7\"}", "");
    memset(body + 8, 'x', 300);
    memcpy(body + 308, "\"}", 3);
    check_id(&of_twilio, body, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twilio),
        cmocka_unit_test(test_vonage),
        cmocka_unit_test(test_ovh),
        cmocka_unit_test(test_xml_put_and_hmac),
        cmocka_unit_test(test_bearer_and_get),
        cmocka_unit_test(test_no_value_leaves_its_place),
        cmocka_unit_test(test_braces_that_are_no_name_stay),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_gateways_that_cannot_work),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
