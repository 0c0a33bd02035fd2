// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_headers.h"

const struct web_header web_headers[] = {
    {"X-Content-Type-Options", "nosniff"},
    // A path may have a token or an address, so no Referer has one. With no-referrer Chromium sends "Origin:
    // null" with forms.
    {"Referrer-Policy", "strict-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy",
     "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), "
     "geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), "
     "picture-in-picture=(), usb=(), xr-spatial-tracking=()"},
    {"Cache-Control", "no-store"},
    {NULL, NULL},
};

const char web_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";

const char *web_status_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } table[] = {{200, "OK"},
                 {303, "See Other"},
                 {400, "Bad Request"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {422, "Unprocessable Content"},
                 {503, "Service Unavailable"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status)
            return table[i].phrase;
    return "Error";
}
