// SPDX-License-Identifier: BSD-2-Clause
#include "spfworker/answer_set.h"

#include <stdlib.h>

struct kept_copy {
    struct spf_question question;
    struct dns_answer answer;
    char bytes[];
};

void answer_set_finish(struct answer_set *set)
{
    while (set->count > 0)
        free(set->copies[--set->count]);
    set->bytes = 0;
}

bool answer_set_same_question(const struct spf_question *a, const struct spf_question *b)
{
    return a->type == b->type && strcmp(a->name, b->name) == 0;
}

const struct dns_answer *answer_set_find(const struct answer_set *set, const struct spf_question *question)
{
    for (unsigned i = 0; i < set->count; i++)
        if (answer_set_same_question(&set->copies[i]->question, question))
            return &set->copies[i]->answer;
    return NULL;
}

static void copy_records(const struct dns_answer *answer, struct kept_copy *copy)
{
    char *place = copy->bytes;
    for (unsigned i = 0; i < answer->count; i++) {
        memcpy(place, answer->data[i].ptr, answer->data[i].len);
        copy->answer.data[i] = slice_make(place, answer->data[i].len);
        place += answer->data[i].len;
    }
}

const struct dns_answer *answer_set_put(struct answer_set *set, const struct spf_question *question,
                                        const struct dns_answer *answer)
{
    static const struct dns_answer failed = {.rc = DNS_FAILED};
    size_t bytes = 0;
    for (unsigned i = 0; i < answer->count; i++)
        bytes += answer->data[i].len;
    if (set->bytes + bytes > ANSWER_SET_BYTES_MAX) {
        answer = &failed;
        bytes = 0;
    }
    struct kept_copy *copy = set->count < ANSWER_SET_MAX ? malloc(sizeof *copy + bytes) : NULL;
    if (!copy)
        return NULL;
    copy->question = *question;
    copy->answer.rc = answer->rc;
    copy->answer.count = answer->count;
    copy->answer.truncated = answer->truncated;
    copy->answer.ttl = answer->ttl;
    copy_records(answer, copy);
    set->bytes += bytes;
    set->copies[set->count++] = copy;
    return &copy->answer;
}
