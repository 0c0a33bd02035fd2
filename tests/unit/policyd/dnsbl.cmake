emg_test(dnsbl_score_test SOURCES dnsbl_score_test.c LAYERS policyd_dnsbl case_lines)
emg_test(dnsbl_health_test SOURCES dnsbl_health_test.c LAYERS policyd_dnsbl)
foreach(test dnsbl_test dnsbl_cut_out_test)
    emg_test(${test}
        SOURCES ${test}.c dnsbl_fixture.c
        LAYERS policyd_dnsbl test_rows dns_server
        LIBRARIES PkgConfig::EVENT)
endforeach()
