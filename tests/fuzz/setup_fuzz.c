// SPDX-License-Identifier: BSD-2-Clause
// Any file: setup and undo give it back, and setup after setup changes nothing. The first byte is the kind of
// the file.
#include "ctl/setup/setup_file.h"
#include "ctl/setup/setup_main_cf.h"
#include "ctl/setup/setup_mark.h"
#include "ctl/setup/setup_master_cf.h"
#include "fuzz.h"

static const char main_cf[] =
    "# Parameters\n"
    "emailgency_map = socketmap:unix:emailgency/transportmap\n"
    "relay_domains = $emailgency_map:relay_domains\n"
    "relay_recipient_maps = $emailgency_map:relay_recipients\n"
    "virtual_alias_maps = $emailgency_map:virtual_alias\n"
    "virtual_alias_domains =\n"
    "smtpd_relay_restrictions = check_recipient_access $relay_domains, reject_unauth_destination\n"
    "smtpd_recipient_restrictions =\n"
    "    check_policy_service { unix:emailgency/policyd, default_action=DUNNO }\n"
    "address_verify_map = lmdb:$data_directory/verify\n"
    "smtpd_milters = { unix:emailgency/milter,\n"
    "    default_action=accept }\n"
    "maximal_queue_lifetime = 30d\n"
    "message_size_limit = 104857600\n";
static const char master_cf[] = "submission inet n - y - - smtpd\n"
                                "    -o syslog_name=postfix/submission\n"
                                "    -o smtpd_sasl_type=dovecot\n"
                                "    -o smtpd_sasl_path=private/auth\n"
                                "    -o smtpd_sender_restrictions=$emailgency_submission_restrictions\n"
                                "# Probes\n"
                                "emailgency-probe unix - - y - - smtp\n"
                                "    -o smtp_helo_timeout=30s\n";

static bool apply(unsigned char kind, struct slice in, struct setup_text *out)
{
    static const struct setup_assignment assignments[] = {{"mx_hosts", "mx.example.net"}, {NULL, NULL}};
    struct setup_text notes = {0};
    struct problem problem;
    bool done = true;
    const struct setup_main_cf first = {in, SLICE(main_cf), kind == 'M'};
    const struct setup_master_cf second = {in, SLICE(master_cf)};
    if (kind == 'm' || kind == 'M')
        done = setup_main_cf_apply(&first, out, &notes, &problem);
    else if (kind == 's')
        setup_master_cf_apply(&second, out, &notes);
    else if (kind == 'h')
        setup_hba_apply(in, out);
    else if (kind == 'i')
        setup_ident_apply(in, out);
    else if (kind == 'd')
        setup_dovecot_apply(in, "/etc/dovecot", "/var/spool/postfix/private/auth", out);
    else if (kind == 'a')
        setup_dovecot_auth_apply(in, out);
    else
        setup_conf_apply(in, assignments, out);
    setup_text_finish(&notes);
    return done;
}

static void check(unsigned char kind, struct slice in)
{
    struct setup_text after = {0}, undone = {0}, again = {0};
    struct problem problem;
    size_t edited;
    if (apply(kind, in, &after)) {
        FUZZ_CHECK(setup_mark_undo(setup_text_slice(&after), &undone, &edited, &problem) && edited == 0);
        FUZZ_CHECK(slice_equal(setup_text_slice(&undone), in));
        FUZZ_CHECK(apply(kind, setup_text_slice(&undone), &again));
        FUZZ_CHECK(slice_equal(setup_text_slice(&again), setup_text_slice(&after)));
    }
    setup_text_finish(&after);
    setup_text_finish(&undone);
    setup_text_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct setup_text undone = {0};
    struct problem problem;
    size_t edited;
    if (size == 0)
        return 0;
    const struct slice in = slice_make((const char *)data + 1, size - 1);
    (void)setup_mark_has(in, "with --drop-permit-mynetworks");
    if (!setup_text_holds(in, "# emailgency setup: "))
        check(data[0], in);
    else if (setup_mark_undo(in, &undone, &edited, &problem))
        FUZZ_CHECK(undone.len <= in.len);
    setup_text_finish(&undone);
    return 0;
}
