# The decision and what it is made of.
emg_test(milter_decide_test SOURCES decide_test.c decide_case.c ../directory/scratch.c
    LAYERS milter_decide test_rows case_lines)
emg_test(size_limit_test SOURCES size_limit_test.c ../directory/scratch.c LAYERS milter_decide test_rows case_lines)
emg_test(command_test SOURCES command_test.c LAYERS milter_decide case_lines)
emg_test(networks_test SOURCES networks_test.c LAYERS milter_decide case_lines)
emg_test(received_trace_test SOURCES received_trace_test.c ../directory/scratch.c
    LAYERS milter_decide test_rows case_lines)

# What of the daemon is no library, from its source.
set(milter_source ${CMAKE_SOURCE_DIR}/milter)
database_test(tally_test SOURCES tally_test.c ${milter_source}/tally.c LAYERS milter_decide activity)
emg_test(milter_session_test SOURCES session_test.c ${milter_source}/session.c ${milter_source}/tally.c
    LAYERS milter_decide activity LIBRARIES PkgConfig::EVENT)
