// SPDX-License-Identifier: BSD-2-Clause
// Check of the options of a gateway together. Pure.
#ifndef NOTIFIER_SMS_SMS_CHECK_H
#define NOTIFIER_SMS_SMS_CHECK_H

#include "notifier/sms/sms_gateway.h"

// Returns whether requests can be made for a gateway, which has an URL; if not, `problem` names the option.
bool sms_gateway_check(const struct sms_gateway *gateway, struct problem *problem);

#endif
