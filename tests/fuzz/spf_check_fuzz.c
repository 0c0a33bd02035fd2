// SPDX-License-Identifier: BSD-2-Clause
// A whole check. Lines of the input: the sender, the HELO name, then one piece of data each, from which the
// answers are drawn by the question's name and type, as often and as oddly as its hash says.
#include "fuzz.h"
#include "spf/spf.h"

#define PIECES_MAX 64

struct pieces {
    unsigned count;
    struct slice piece[PIECES_MAX];
};

struct known {
    const struct pieces *pieces;
    bool all;
    unsigned count;
    struct {
        struct spf_question question;
        struct dns_answer answer;
        char bytes[16][DNS_TEXT_MAX];
    } * entry;
};

static uint64_t hash(const struct spf_question *question)
{
    uint64_t value = 14695981039346656037U ^ question->type;
    for (const char *at = question->name; *at; at++)
        value = (value ^ (unsigned char)*at) * 1099511628211U;
    return value ^ value >> 29;
}

// A piece as record data: names get the labels that they need, addresses are few, so that they match.
static struct slice make_data(enum dns_type type, struct slice piece, uint64_t chance, char *out)
{
    size_t len = 0;
    if (type == DNS_TYPE_A || type == DNS_TYPE_AAAA) {
        memset(out, 0, 16);
        out[0] = (char)(chance % 3);
        return slice_make(out, chance % 17 == 0 ? 7 : type == DNS_TYPE_A ? 4 : 16);
    }
    if (type == DNS_TYPE_TXT) {
        slice_copy(piece, out, DNS_TEXT_MAX);
        return slice_make(out, piece.len < DNS_TEXT_MAX ? piece.len : 0);
    }
    if (type == DNS_TYPE_MX)
        len = 2;
    memset(out, 0, 2);
    if (chance % 5 == 0) { // whatever it is
        size_t take = piece.len < 300 ? piece.len : 300;
        memcpy(out + len, piece.ptr, take);
        return slice_make(out, len + take);
    }
    for (struct slice label; piece.len && len < 200; out[len - 1 - label.len] = (char)label.len) {
        slice_split(piece, '.', &label, &piece);
        if (label.len == 0 || label.len > 20)
            label = SLICE("x");
        memcpy(out + len + 1, label.ptr, label.len);
        len += 1 + label.len;
    }
    out[len++] = 0;
    return slice_make(out, len);
}

static void learn(struct known *known, const struct spf_question *question)
{
    uint64_t chance = hash(question);
    FUZZ_CHECK(known->count < SPF_QUESTIONS_MAX);
    struct dns_answer *answer = &known->entry[known->count].answer;
    known->entry[known->count].question = *question;
    *answer = (struct dns_answer){.rc = DNS_NONE};
    if (chance % 8 < 6 && known->pieces->count) {
        answer->rc = DNS_FOUND;
        answer->count =
            question->type == DNS_TYPE_TXT ? 1 + (chance % 31 == 0) : 1 + (unsigned)(chance >> 8) % 12;
        for (unsigned i = 0; i < answer->count; i++)
            answer->data[i] =
                make_data(question->type, known->pieces->piece[((chance >> 16) + i) % known->pieces->count],
                          chance + i, known->entry[known->count].bytes[i]);
    } else if (chance % 64 == 7) {
        answer->rc = DNS_FAILED;
    }
    known->count++;
}

static const struct dns_answer *find(void *arg, const struct spf_question *question)
{
    struct known *known = arg;
    size_t len = strlen(question->name);
    FUZZ_CHECK(len > 0 && len <= 253 && question->name[len - 1] != '.');
    for (unsigned i = 0; i < known->count; i++)
        if (known->entry[i].question.type == question->type &&
            strcmp(known->entry[i].question.name, question->name) == 0)
            return &known->entry[i].answer;
    if (!known->all)
        return NULL;
    learn(known, question);
    return &known->entry[known->count - 1].answer;
}

static void check_text(const char *text, size_t max, bool lines)
{
    FUZZ_CHECK(strlen(text) <= max);
    for (; *text; text++)
        FUZZ_CHECK((*text >= ' ' && *text < 0x7f) || (lines && *text == '\n'));
}

static void check_verdict(const struct spf_verdict *verdict)
{
    FUZZ_CHECK(verdict->result < SPF_RESULTS && verdict->problem < SPF_PROBLEMS);
    // A temperror without a problem is a fault of libspf2.
    FUZZ_CHECK((verdict->result == SPF_NONE || verdict->result == SPF_TEMPERROR ||
                verdict->result == SPF_PERMERROR) == (verdict->problem != SPF_NO_PROBLEM));
    FUZZ_CHECK(!verdict->wide || verdict->result == SPF_PASS);
    FUZZ_CHECK(verdict->terms <= 11 && verdict->voids <= 3);
    FUZZ_CHECK((verdict->terms == 11) == (verdict->problem == SPF_TOO_MANY_TERMS));
    FUZZ_CHECK((verdict->voids == 3) == (verdict->problem == SPF_TOO_MANY_VOIDS));
    FUZZ_CHECK(!verdict->explanation[0] || verdict->result == SPF_FAIL);
    check_text(verdict->domain, SPF_NAME_MAX, false);
    check_text(verdict->record_domain, SPF_NAME_MAX, false);
    check_text(verdict->term, SPF_TERM_MAX, false);
    check_text(verdict->explanation, SPF_EXPLANATION_MAX, false);
    check_text(verdict->trace, SPF_TRACE_MAX, true);
}

static void check_stepwise(const struct spf_request *request, struct known *known,
                           const struct spf_verdict *expected)
{
    static struct spf_verdict verdict;
    struct spf_needs needs;
    struct spf_answers answers = {.find = find, .arg = known};
    known->all = false;
    known->count = 0;
    while (spf_check(request, &answers, &verdict, &needs) == SPF_WAITING) {
        FUZZ_CHECK(needs.count > 0 && needs.count <= SPF_NEEDS_MAX && !find(known, &needs.questions[0]));
        for (unsigned i = 0; i < needs.count; i++)
            if (!find(known, &needs.questions[i]))
                learn(known, &needs.questions[i]);
    }
    FUZZ_CHECK(verdict.result == expected->result && verdict.problem == expected->problem);
    FUZZ_CHECK(strcmp(verdict.term, expected->term) == 0 && strcmp(verdict.trace, expected->trace) == 0);
    FUZZ_CHECK(strcmp(verdict.explanation, expected->explanation) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct spf_verdict verdict;
    static struct known known;
    struct spf_needs needs;
    struct pieces pieces = {0};
    struct slice in = slice_make((const char *)data, size), sender, helo;
    struct spf_request request = {.client = {.bits = size % 2 ? 32 : 128, .bytes = {1}}, .trace = true};
    slice_split(in, '\n', &sender, &in);
    slice_split(in, '\n', &helo, &in);
    if (memchr(data, '\0', size - in.len) || !slice_copy(sender, request.sender, sizeof request.sender) ||
        !slice_copy(helo, request.helo, sizeof request.helo))
        return 0;
    request.identity = size % 7 ? SPF_MAIL_FROM : SPF_HELO;
    while (in.len && pieces.count < PIECES_MAX)
        slice_split(in, '\n', &pieces.piece[pieces.count++], &in);
    if (!known.entry)
        known.entry = malloc(SPF_QUESTIONS_MAX * sizeof *known.entry);
    known.pieces = &pieces;
    known.all = true;
    known.count = 0;
    struct spf_answers answers = {.find = find, .arg = &known};
    FUZZ_CHECK(spf_check(&request, &answers, &verdict, &needs) == SPF_DONE);
    check_verdict(&verdict);
    check_stepwise(&request, &known, &verdict);
    return 0;
}
