// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/identity/identity.h"
#include "policyd/identity/identity_address.h"

#define WORD(text)                                                                                           \
    {                                                                                                        \
        (text), sizeof(text) - 1                                                                             \
    }
#define TELLING_MIN 3 // of telling words the shortest
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

// Words for ranges that an operator assigns to customers; each was seen in names of access providers or
// clouds.
static const struct slice telling_words[] = {
    WORD("access"),      WORD("broadband"), WORD("cable"),    WORD("cablemodem"), WORD("catv"),
    WORD("cgn"),         WORD("cgnat"),     WORD("client"),   WORD("clients"),    WORD("cloudapp"),
    WORD("compute"),     WORD("cpe"),       WORD("cust"),     WORD("customer"),   WORD("customers"),
    WORD("dial"),        WORD("dialin"),    WORD("dialup"),   WORD("din"),        WORD("dinamic"),
    WORD("dinamica"),    WORD("dinamico"),  WORD("dip"),      WORD("dyn"),        WORD("dynamic"),
    WORD("dynip"),       WORD("fttb"),      WORD("fttc"),     WORD("ftth"),       WORD("fttp"),
    WORD("fttx"),        WORD("gprs"),      WORD("gpon"),     WORD("hsd"),        WORD("kabel"),
    WORD("lte"),         WORD("mobile"),    WORD("modem"),    WORD("modemcable"), WORD("pool"),
    WORD("pools"),       WORD("ppp"),       WORD("pppoe"),    WORD("pppool"),     WORD("res"),
    WORD("resi"),        WORD("umts"),      WORD("vmi"),      WORD("vps"),        WORD("wifi"),
    WORD("residential"), WORD("wimax"),     WORD("wireless"), WORD("wlan"),
};

// Telling anywhere in a word: "adsl", "dslpool", "dhcpd".
static const struct slice telling_parts[] = {WORD("dsl"), WORD("dhcp"), WORD("dialup"), WORD("broadband")};

// The first word of a mail server's name; operators do not name ranges like this.
static const struct slice mail_words[] = {
    WORD("bounce"), WORD("email"),    WORD("mout"), WORD("mta"),   WORD("mx"),
    WORD("out"),    WORD("outbound"), WORD("pmta"), WORD("relay"), WORD("sender"),
};
static const struct slice mail_starts[] = {WORD("mail"), WORD("smtp")};

static bool is_letter(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static bool is_one_of(struct slice word, const struct slice *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (word.len == words[i].len && memcmp(word.ptr, words[i].ptr, word.len) == 0)
            return true;
    return false;
}

// Takes the next run of letters off `*rest`; empty at the end.
static struct slice next_word(struct slice *rest)
{
    size_t start = 0, end;
    while (start < rest->len && !is_letter(rest->ptr[start]))
        start++;
    for (end = start; end < rest->len && is_letter(rest->ptr[end]);)
        end++;
    struct slice word = slice_make(rest->ptr + start, end - start);
    *rest = slice_skip(*rest, end);
    return word;
}

static bool is_telling(struct slice word)
{
    if (word.len < TELLING_MIN)
        return false;
    for (size_t i = 0; i < COUNT(telling_parts); i++)
        if (memmem(word.ptr, word.len, telling_parts[i].ptr, telling_parts[i].len))
            return true;
    return is_one_of(word, telling_words, COUNT(telling_words));
}

static bool is_mail_word(struct slice word)
{
    for (size_t i = 0; i < COUNT(mail_starts); i++)
        if (word.len >= mail_starts[i].len && memcmp(word.ptr, mail_starts[i].ptr, mail_starts[i].len) == 0)
            return true;
    return is_one_of(word, mail_words, COUNT(mail_words));
}

// Without the last two labels, which name an organisation: "pool.ntp.org" is not of a pool.
static struct slice host_labels(struct slice name)
{
    struct slice domain;
    for (int i = 0; i < 2; i++)
        if (!slice_split_last(name, '.', &name, &domain))
            return slice_make(name.ptr, 0);
    return name;
}

static bool has_telling_word(struct slice name)
{
    struct slice rest = host_labels(name), word = next_word(&rest);
    if (is_mail_word(word))
        return false;
    for (; word.len; word = next_word(&rest))
        if (is_telling(word))
            return true;
    return false;
}

// "unknown" has no dot.
static bool is_host_name(struct slice name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    return name.len && memchr(name.ptr, '.', name.len) && strspn(name.ptr, allowed) == name.len;
}

bool identity_name_dynamic(struct slice client_name, const struct ip *client)
{
    char folded[ADDRESS_DOMAIN_MAX + 1];
    if (!slice_copy_lower(client_name, folded, sizeof folded))
        return false;
    struct slice name = slice_make(folded, client_name.len);
    return is_host_name(name) && (has_telling_word(name) || identity_address_within(name, client));
}
