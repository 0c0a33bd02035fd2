# Translations: build/…/locale/LANGUAGE/LC_MESSAGES/NAME.mo, which cmake/install.cmake installs below share/locale.
include(GNUInstallDirs)

# emg_catalogue(NAME): of the files po/LANGUAGE.po of the folder that it is called in; see lib/catalogue.
function(emg_catalogue name)
    file(GLOB languages CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/po/*.po)
    set(catalogues)
    foreach(po ${languages})
        get_filename_component(language ${po} NAME_WE)
        set(mo ${CMAKE_BINARY_DIR}/locale/${language}/LC_MESSAGES/${name}.mo)
        add_custom_command(OUTPUT ${mo} DEPENDS ${po}
            COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/locale/${language}/LC_MESSAGES
            COMMAND ${MSGFMT} --check-format --output-file=${mo} ${po})
        list(APPEND catalogues ${mo})
        set_property(GLOBAL APPEND PROPERTY emg_languages ${language})
    endforeach()
    add_custom_target(${name}_catalogues ALL DEPENDS ${catalogues})
endfunction()
