# cmake --install: the programs, their manual pages, the units, the schema and the snippets to wire in.
include(GNUInstallDirs)

foreach(daemon replicator policyd transportmap milter notifier)
    install(TARGETS emailgency-${daemon} DESTINATION ${CMAKE_INSTALL_SBINDIR})
    install(FILES ${daemon}/emailgency-${daemon}.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
    install(FILES ${daemon}/emailgency-${daemon}.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
    install(FILES packaging/systemd/emailgency-${daemon}.service DESTINATION lib/systemd/system)
endforeach()
install(TARGETS emailgency-spf-worker DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/emailgency)
install(FILES spfworker/emailgency-spf-worker.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES packaging/systemd/emailgency-policyd.socket packaging/systemd/emailgency-transportmap.socket
    packaging/systemd/emailgency-logins.service DESTINATION lib/systemd/system)
install(FILES packaging/systemd/emailgency.sysusers DESTINATION lib/sysusers.d RENAME emailgency.conf)
install(FILES packaging/systemd/emailgency.tmpfiles DESTINATION lib/tmpfiles.d RENAME emailgency.conf)
install(TARGETS emailgencyctl DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES ${CMAKE_BINARY_DIR}/ctl/completions/emailgencyctl
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
file(GLOB ctl_pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/ctl/*.8)
install(FILES ${ctl_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(PROGRAMS sql/migrate DESTINATION ${CMAKE_INSTALL_DATADIR}/emailgency/sql)
install(DIRECTORY sql/migrations sql/code DESTINATION ${CMAKE_INSTALL_DATADIR}/emailgency/sql)
install(DIRECTORY packaging/postfix packaging/dovecot packaging/pgbouncer DESTINATION ${CMAKE_INSTALL_DATADIR}/emailgency)
