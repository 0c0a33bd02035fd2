// SPDX-License-Identifier: BSD-2-Clause
#include "report/compose/report_mail.h"

#include "base/bug.h"
#include "base/hex.h"
#include "base/memory.h"
#include "mime/mime.h"
#include "unsubscribe/unsubscribe.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

enum { ID_BYTES = 10, NAMES_MAX = 600 };

// Quoted-printable text never has "=_" (RFC 2045 section 6.7), so no line of a part looks like it.
static const char boundary[] = "=_report_alternative";

static void put_id(FILE *out, const struct report_figures *figures, const char *recipient, const char *host)
{
    char names[NAMES_MAX], id[2 * ID_BYTES + 1];
    unsigned char digest[EVP_MAX_MD_SIZE];
    snprintf(names, sizeof names, "%s %s", figures->domain, recipient);
    if (!EVP_Digest(names, strlen(names), digest, NULL, EVP_sha256(), NULL))
        bug_abort("SHA-256 fails");
    hex_write(digest, ID_BYTES, id);
    fprintf(out, "Message-ID: <report.%04u%02u.%s@%s>\n", figures->year, figures->month, id, host);
}

static bool put_unsubscribe(FILE *out, const struct report_mail *mail, const char *domain,
                            const char *recipient)
{
    char url[UNSUBSCRIBE_URL_MAX];
    if (!*mail->unsubscribe_base)
        return true;
    if (!unsubscribe_url(mail->unsubscribe_base, mail->unsubscribe_key, domain, recipient, url))
        return false;
    fprintf(out, "List-Unsubscribe: <%s>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n", url);
    return true;
}

bool report_mail_head(const struct report_mail *mail, const struct report_figures *figures,
                      const char *recipient, char head[REPORT_HEAD_MAX])
{
    const char *at = strrchr(mail->sender, '@');
    if (!mime_is_address(mail->sender) || !mime_is_address(recipient) || !at)
        return false;
    FILE *out = memory_or_exit(fmemopen(head, REPORT_HEAD_MAX, "w"));
    fprintf(out, "To: <%s>\n", recipient);
    put_id(out, figures, recipient, at + 1);
    bool done = put_unsubscribe(out, mail, figures->domain, recipient);
    done = fflush(out) == 0 && ftell(out) < REPORT_HEAD_MAX && done;
    return fclose(out) == 0 && done;
}

static void put_part(FILE *out, const char *type, const char *text)
{
    fprintf(out,
            "\n--%s\nContent-Type: %s; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n"
            "Content-Disposition: inline\n\n",
            boundary, type);
    mime_put_quoted_printable(out, slice_from(text));
}

char *report_mail_body(const struct report_mail *mail, const struct report_figures *figures,
                       const struct report_texts *texts)
{
    char *body = NULL;
    size_t size;
    FILE *out = memory_or_exit(open_memstream(&body, &size));
    if (*mail->sender)
        mime_put_mailbox(out, "From", mail->sender_name, mail->sender);
    mime_put_date(out, mail->date);
    mime_put_text(out, "Subject", texts->subject);
    mime_put_text(out, "Content-Language", figures->language);
    fprintf(out,
            "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
            "Content-Type: multipart/alternative; boundary=\"%s\"\n",
            boundary);
    put_part(out, "text/plain", texts->text);
    put_part(out, "text/html", texts->html);
    fprintf(out, "\n--%s--\n", boundary);
    if (ferror(out) || fclose(out) != 0)
        memory_exhausted();
    return body;
}
