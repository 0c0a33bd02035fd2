// SPDX-License-Identifier: BSD-2-Clause
// The first byte chooses the type that was asked for, the rest is the message.
#include "dns/dns_packet.h"
#include "fuzz.h"

static void check_record(enum dns_type type, struct slice data)
{
    FUZZ_CHECK(data.len <= DNS_TEXT_MAX);
    if (type == DNS_TYPE_A)
        FUZZ_CHECK(data.len == 4);
    if (type == DNS_TYPE_AAAA)
        FUZZ_CHECK(data.len == 16);
    if (type == DNS_TYPE_PTR || type == DNS_TYPE_MX) {
        size_t at = type == DNS_TYPE_MX ? 2 : 0;
        FUZZ_CHECK(data.len > at && data.len - at <= 255);
        while (at < data.len && data.ptr[at] != 0)
            at += 1 + (size_t)(unsigned char)data.ptr[at];
        FUZZ_CHECK(at == data.len - 1); // labels, then the root
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dns_type types[] = {DNS_TYPE_A, DNS_TYPE_PTR, DNS_TYPE_MX, DNS_TYPE_TXT, DNS_TYPE_AAAA};
    static char scratch[DNS_PACKET_SCRATCH_MAX];
    if (size == 0)
        return 0;
    enum dns_type type = types[data[0] % (sizeof types / sizeof *types)];
    struct dns_question question = {(uint16_t)type, "a.example"};
    struct dns_answer answer;
    dns_packet_parse(slice_make((const char *)data + 1, size - 1), &question, scratch, &answer);
    FUZZ_CHECK(answer.count <= DNS_RECORDS_MAX);
    FUZZ_CHECK((answer.rc == DNS_FOUND) == (answer.count > 0));
    FUZZ_CHECK(answer.rc != DNS_TIMEOUT && answer.ttl >= 0);
    for (unsigned i = 0; i < answer.count; i++) {
        FUZZ_CHECK(fuzz_within(answer.data[i], slice_make(scratch, sizeof scratch)));
        check_record(type, answer.data[i]);
    }
    return 0;
}
