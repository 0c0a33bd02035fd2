# Outside libraries, each from Debian 12, as imported targets. All that are missing are named at once.
find_package(PkgConfig REQUIRED)
set(missing_packages)

# outside_library(NAME MODULE PACKAGE): PkgConfig::NAME; PACKAGE is the Debian package to install for it.
macro(outside_library name module package)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET ${module})
    if(NOT ${name}_FOUND)
        list(APPEND missing_packages ${package})
    endif()
endmacro()

outside_library(CONFUSE libconfuse libconfuse-dev)
outside_library(CRYPT libcrypt libcrypt-dev)
outside_library(CRYPTO libcrypto libssl-dev)
# Version 7.87 and later does not wait for a look-up of a name when a transfer ends (CURLOPT_QUICK_EXIT).
outside_library(CURL libcurl>=7.87 libcurl4-openssl-dev)
# The whole libevent, not its parts: libunbound links it, and one process is to hold one copy.
outside_library(EVENT libevent libevent-dev)
outside_library(EVENT_OPENSSL libevent_openssl libevent-dev)
outside_library(SSL libssl libssl-dev)
outside_library(IDN2 libidn2 libidn2-dev)
outside_library(JANSSON jansson libjansson-dev)
outside_library(LMDB lmdb liblmdb-dev)
outside_library(OATH liboath liboath-dev)
outside_library(PQ libpq libpq-dev)
outside_library(PSL libpsl libpsl-dev)
outside_library(QRENCODE libqrencode libqrencode-dev)
outside_library(SECCOMP libseccomp libseccomp-dev)
outside_library(SYSTEMD libsystemd libsystemd-dev)
# libunbound.pc requires nettle.pc for static links.
outside_library(UNBOUND libunbound "libunbound-dev;nettle-dev")
outside_library(XXHASH libxxhash libxxhash-dev)
# These come without a pkg-config file.
find_library(SPF2_LIBRARY spf2)
find_path(SPF2_INCLUDE_DIR spf2/spf.h)
find_library(MILTER_LIBRARY milter)
find_path(MILTER_INCLUDE_DIR libmilter/mfapi.h)
find_path(UTHASH_INCLUDE_DIR uthash.h)
foreach(found SPF2_LIBRARY:libspf2-dev SPF2_INCLUDE_DIR:libspf2-dev MILTER_LIBRARY:libmilter-dev MILTER_INCLUDE_DIR:libmilter-dev
        UTHASH_INCLUDE_DIR:uthash-dev)
    string(REGEX MATCH "^(.*):(.*)$" _ ${found})
    if(NOT ${CMAKE_MATCH_1})
        list(APPEND missing_packages ${CMAKE_MATCH_2})
    endif()
endforeach()
find_program(MSGFMT msgfmt)
if(NOT MSGFMT)
    list(APPEND missing_packages gettext)
endif()
if(BUILD_TESTING)
    # Debian's own interpreter has the modules that the tests ask for.
    set(Python3_ROOT_DIR /usr)
    outside_library(CMOCKA cmocka libcmocka-dev)
endif()

if(missing_packages)
    list(REMOVE_DUPLICATES missing_packages)
    list(JOIN missing_packages " " missing_packages)
    message(FATAL_ERROR "libraries are missing; on Debian: apt-get install ${missing_packages}\n"
        "packaging/quickstart.d/packages.build lists all that the build needs; -DBUILD_TESTING=OFF builds without the tests.")
endif()

add_library(SPF2::SPF2 UNKNOWN IMPORTED)
set_target_properties(SPF2::SPF2 PROPERTIES
    IMPORTED_LOCATION ${SPF2_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${SPF2_INCLUDE_DIR})
