// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/decide/captcha_factor.h"

enum { LOGIN_BOUND = 3, NETWORK_BOUND = 10, STEP = 5 };

static unsigned factor_of(unsigned failures, unsigned bound)
{
    unsigned factor = failures >= bound;
    for (unsigned over = bound + STEP; factor && failures >= over && factor < CAPTCHA_FACTOR_MAX;
         over += STEP)
        factor *= 2;
    return factor;
}

unsigned captcha_factor(unsigned login_failures, unsigned network_failures)
{
    const unsigned by_login = factor_of(login_failures, LOGIN_BOUND);
    const unsigned by_network = factor_of(network_failures, NETWORK_BOUND);
    return by_login > by_network ? by_login : by_network;
}

bool captcha_factor_accepts(unsigned solved, unsigned needed)
{
    return solved * 2 >= needed;
}
