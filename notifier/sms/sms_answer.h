// SPDX-License-Identifier: BSD-2-Clause
// The meaning of a gateway's answer. Pure.
#ifndef NOTIFIER_SMS_SMS_ANSWER_H
#define NOTIFIER_SMS_SMS_ANSWER_H

#include "base/slice.h"
#include "notifier/outcome/send_outcome.h"
#include "notifier/sms/sms_gateway.h"

#define SMS_ID_MAX 100

// A path is names and indexes with dots between them: "messages.0.status". "path=value" is true of a string,
// number or boolean of that text; "path" alone of any value but null and false.
//
// A success status whose body has another value at the path is a refusal, so nothing was sent. A body without
// that path is none of the gateway that was configured: nobody knows.
enum send_outcome sms_answer_outcome(const struct sms_gateway *gateway, unsigned status, struct slice body);

// The gateway's own number of the message; "" where there is none.
void sms_answer_id(const struct sms_gateway *gateway, struct slice body, char out[SMS_ID_MAX]);

#endif
