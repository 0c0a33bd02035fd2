# cmake --install: the programs, their manual pages, the units, the schema, the documents and the snippets to wire in. What it
# writes can be read by everybody, whatever the umask: daemons and PostgreSQL's superuser run under accounts of their own.
include(GNUInstallDirs)
set(data ${CMAKE_INSTALL_DATADIR}/emailgency)
set(folders ${CMAKE_INSTALL_SBINDIR} ${CMAKE_INSTALL_LIBEXECDIR}/emailgency ${CMAKE_INSTALL_MANDIR}/man5 ${CMAKE_INSTALL_MANDIR}/man8
    ${data}/sql ${data}/console/templates ${data}/console/static ${CMAKE_INSTALL_DOCDIR}/docs ${CMAKE_INSTALL_DOCDIR}/sql lib/systemd/system lib/sysusers.d lib/tmpfiles.d)
list(APPEND folders ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
get_property(languages GLOBAL PROPERTY emg_languages)
list(REMOVE_DUPLICATES languages)
foreach(language ${languages})
    list(APPEND folders ${CMAKE_INSTALL_DATADIR}/locale/${language}/LC_MESSAGES)
endforeach()
install(CODE "set(folders [[${folders}]])")
install(SCRIPT cmake/install_folders.cmake)

foreach(daemon replicator policyd transportmap milter queuewatch notifier report tracker console)
    install(TARGETS emailgency-${daemon} DESTINATION ${CMAKE_INSTALL_SBINDIR})
    install(FILES ${daemon}/emailgency-${daemon}.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
    install(FILES ${daemon}/emailgency-${daemon}.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
endforeach()
# Its folder has the name that it is for.
install(TARGETS emailgency-keeper DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES mailstore/emailgency-keeper.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES mailstore/emailgency-keeper.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(TARGETS emailgency-console-auth DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES consoleauth/emailgency-console-auth.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES consoleauth/emailgency-console-auth.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(TARGETS emailgency-queuehold DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES queuehold/emailgency-queuehold.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(TARGETS emailgency-spf-worker DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/emailgency)
install(FILES spfworker/emailgency-spf-worker.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(TARGETS emailgencyctl DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES ${CMAKE_BINARY_DIR}/ctl/completions/emailgencyctl
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
file(GLOB ctl_pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/ctl/*.8)
install(FILES ${ctl_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)

install(DIRECTORY ${CMAKE_BINARY_DIR}/locale/ DESTINATION ${CMAKE_INSTALL_DATADIR}/locale FILES_MATCHING PATTERN "*.mo")

# emailgency-migrate is a link to the script beside the migrations.
install(PROGRAMS sql/migrate DESTINATION ${data}/sql)
install(DIRECTORY sql/migrations sql/code sql/data DESTINATION ${data}/sql)
file(RELATIVE_PATH migrate ${CMAKE_INSTALL_FULL_SBINDIR} ${CMAKE_INSTALL_FULL_DATADIR}/emailgency/sql/migrate)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/links)
file(CREATE_LINK ${migrate} ${CMAKE_BINARY_DIR}/links/emailgency-migrate SYMBOLIC)
install(FILES ${CMAKE_BINARY_DIR}/links/emailgency-migrate DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES sql/emailgency-migrate.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)

# The console's pages: templates, and the static files that they name.
install(DIRECTORY ${CMAKE_BINARY_DIR}/installed/share/emailgency/console/ DESTINATION ${data}/console)
file(GLOB licences CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/console/static/*.license)
install(FILES ${licences} DESTINATION ${data}/console/static)

install(DIRECTORY packaging/postfix packaging/dovecot packaging/pgbouncer packaging/patroni packaging/logrotate packaging/nginx packaging/roundcube packaging/prometheus packaging/grafana DESTINATION ${data} USE_SOURCE_PERMISSIONS)
file(GLOB documents CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/*.md)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES sql/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/sql)

# The units name the programs where this installation has them, which is known only now: cmake --install takes a prefix.
install(CODE "set(sbin [[${CMAKE_INSTALL_SBINDIR}]])
    set(units [[${CMAKE_SOURCE_DIR}/packaging/systemd]])
    set(scratch [[${CMAKE_BINARY_DIR}/units]])")
install(SCRIPT cmake/install_units.cmake)

add_custom_target(uninstall COMMENT "remove what the last cmake --install of this build wrote"
    COMMAND ${CMAKE_COMMAND} -D MANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt -P ${CMAKE_SOURCE_DIR}/cmake/uninstall.cmake)
