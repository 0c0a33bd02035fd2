// SPDX-License-Identifier: BSD-2-Clause
// The cost of a CAPTCHA by the failures before it. Nobody is locked out: the cost rises, up to a bound. Pure.
#ifndef CONSOLEAUTH_DECIDE_CAPTCHA_FACTOR_H
#define CONSOLEAUTH_DECIDE_CAPTCHA_FACTOR_H

#include <stdbool.h>

enum { CAPTCHA_FACTOR_MAX = 16 };

// How many times the usual cost a CAPTCHA is to have, after so many failures of a login and of a network
// within 15 minutes; 0: none is asked for. One from the third of a login or the tenth of a network on, and
// twice as much for each five more, up to CAPTCHA_FACTOR_MAX.
unsigned captcha_factor(unsigned login_failures, unsigned network_failures);

// Returns whether a CAPTCHA that was made with factor `solved` is accepted where `needed` is asked for now:
// one step less is, so that who began a minute ago need not begin again.
bool captcha_factor_accepts(unsigned solved, unsigned needed);

#endif
