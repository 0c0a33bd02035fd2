# The decision and what it is made of.
emg_test(rcpt_decide_test SOURCES rcpt_decide_test.c rcpt_decide_case.c
    LAYERS milter_decide test_rows case_lines)
emg_test(size_limit_test SOURCES size_limit_test.c LAYERS milter_decide test_rows case_lines)
emg_test(smtp_command_test SOURCES smtp_command_test.c LAYERS milter_decide case_lines)
emg_test(received_trace_test SOURCES received_trace_test.c
    LAYERS milter_headers test_rows case_lines)

database_test(domain_counts_test SOURCES domain_counts_test.c LAYERS milter_counts activity)
emg_test(milter_session_test SOURCES session_test.c LAYERS milter_session activity LIBRARIES PkgConfig::EVENT)
