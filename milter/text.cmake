# The texts that the milter reads and writes, without any I/O: header fields, replies, tagged addresses, changed envelopes.
emg_part(milter_text milter
    SOURCES auth_results.c auth_results_match.c batv.c batv_keys.c header_decode.c header_text.c no_bounce.c
            received_client.c received_spf.c reply_text.c
    LAYERS wire base
    LIBRARIES PkgConfig::CRYPTO)
