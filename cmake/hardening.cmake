# Hardening of the programs that operators run: a fault in a parser ends the process and runs no code. Debug builds are for sanitizers,
# which find more. hardening-check(1) of devscripts shows what a program has; tests/hardening_test.py asks it.
include(CheckCCompilerFlag)

# emg_harden(TARGET): for all that link it.
function(emg_harden target)
    # "None" is that of Debian's packages, whose flags come from dpkg-buildflags.
    set(release $<CONFIG:Release,RelWithDebInfo,MinSizeRel,None>)
    # -fcf-protection is Intel's CET, -mbranch-protection ARM's; each compiler takes those of its processor.
    foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
        string(MAKE_C_IDENTIFIER has${flag} has)
        check_c_compiler_flag(${flag} ${has})
        if(${has})
            target_compile_options(${target} INTERFACE $<${release}:${flag}>)
        endif()
    endforeach()
    target_compile_options(${target} INTERFACE $<${release}:-fPIE>)
    target_link_options(${target} INTERFACE $<${release}:-pie> $<${release}:LINKER:-z,relro,-z,now>)
    # Not for None: the C library's headers warn of it in a build without optimisation, as by DEB_BUILD_OPTIONS=noopt.
    set(optimised $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
    target_compile_options(${target} INTERFACE $<${optimised}:-U_FORTIFY_SOURCE> $<${optimised}:-D_FORTIFY_SOURCE=2>)
endfunction()
