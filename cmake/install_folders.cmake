# Creates those of the folders that are missing, with their parents, in mode 0755. CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS is
# subject to the umask, and a folder in mode 0700 hides the programs from the accounts that run them.
foreach(folder IN LISTS folders)
    cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE)
    set(missing)
    while(NOT EXISTS "$ENV{DESTDIR}${folder}")
        list(PREPEND missing "$ENV{DESTDIR}${folder}")
        get_filename_component(parent "${folder}" DIRECTORY)
        if(parent STREQUAL folder)
            break()
        endif()
        set(folder "${parent}")
    endwhile()
    foreach(path IN LISTS missing)
        file(MAKE_DIRECTORY "${path}")
        file(CHMOD "${path}" PERMISSIONS
            OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    endforeach()
endforeach()
