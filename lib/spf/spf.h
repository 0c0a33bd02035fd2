// SPDX-License-Identifier: BSD-2-Clause
// SPF (RFC 7208): evaluated by libspf2, which gets nothing of a sender unparsed. A check is a pure function
// of the request and of the DNS answers that are known so far: where one is missing it returns the question,
// and is run again once it is there. So one process works on many checks at once, and a test needs no server.
#ifndef SPF_SPF_H
#define SPF_SPF_H

#include "spf/spf_question.h"
#include "wire/spf_codec.h"

enum spf_step {
    SPF_DONE,    // `out` has the verdict
    SPF_WAITING, // `needs` has the questions to ask before the next call
};

// No check has more questions: ten terms that look up, each for ten hosts at most, and the client's names.
#define SPF_QUESTIONS_MAX 128

// Checks with the answers known so far. `out` is undefined where it has to wait, as is `needs` where it is
// done. Pure, but that a thread keeps what libspf2 needs for its next call, which the first one makes. %{t}
// is clock_wall(). A name that cannot be asked may be answered as one that does not exist.
enum spf_step spf_check(const struct spf_request *request, const struct spf_answers *answers,
                        struct spf_verdict *out, struct spf_needs *needs) __attribute__((warn_unused_result));

#endif
