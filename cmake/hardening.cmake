# Hardening of the programs that operators run, whatever flags the build is given: a fault in a parser ends the process and runs no code. Debug
# builds are for sanitizers, which find more. hardening-check(1) of devscripts shows what a program has.
include(CheckCCompilerFlag)

# emg_harden(TARGET): for all that link it.
function(emg_harden target)
    set(release $<NOT:$<CONFIG:Debug>>)
    # -fcf-protection is Intel's CET, -mbranch-protection ARM's; each compiler takes those of its processor.
    foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
        string(MAKE_C_IDENTIFIER has${flag} has)
        check_c_compiler_flag(${flag} ${has})
        if(${has})
            target_compile_options(${target} INTERFACE $<${release}:${flag}>)
        endif()
    endforeach()
    # After the flags of dpkg-buildflags, which may define it too.
    target_compile_options(${target} INTERFACE $<${release}:-fPIE> $<${release}:-U_FORTIFY_SOURCE> $<${release}:-D_FORTIFY_SOURCE=2>)
    target_link_options(${target} INTERFACE $<${release}:-pie> $<${release}:LINKER:-z,relro,-z,now>)
endfunction()
