# Outside libraries, each from Debian 12, as imported targets.
find_package(PkgConfig REQUIRED)
pkg_check_modules(CONFUSE REQUIRED IMPORTED_TARGET libconfuse)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
# The whole libevent, not its parts: libunbound links it, and one process is to hold one copy.
pkg_check_modules(EVENT REQUIRED IMPORTED_TARGET libevent)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(PSL REQUIRED IMPORTED_TARGET libpsl)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(UNBOUND REQUIRED IMPORTED_TARGET libunbound)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
# libspf2 comes without a pkg-config file.
find_library(SPF2_LIBRARY spf2 REQUIRED)
find_path(SPF2_INCLUDE_DIR spf2/spf.h REQUIRED)
add_library(SPF2::SPF2 UNKNOWN IMPORTED)
set_target_properties(SPF2::SPF2 PROPERTIES
    IMPORTED_LOCATION ${SPF2_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${SPF2_INCLUDE_DIR})
if(BUILD_TESTING)
    # Debian's own interpreter has the modules that the tests ask for.
    set(Python3_ROOT_DIR /usr)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()
