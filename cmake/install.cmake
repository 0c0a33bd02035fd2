# cmake --install: the programs, their manual pages, the units, the schema and the snippets to wire in.
include(GNUInstallDirs)

foreach(daemon replicator policyd transportmap)
    install(TARGETS emailgency-${daemon} DESTINATION ${CMAKE_INSTALL_SBINDIR})
    install(FILES ${daemon}/emailgency-${daemon}.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
    install(FILES ${daemon}/emailgency-${daemon}.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
    install(FILES packaging/systemd/emailgency-${daemon}.service DESTINATION lib/systemd/system)
endforeach()
install(FILES packaging/systemd/emailgency-policyd.socket packaging/systemd/emailgency-transportmap.socket
    DESTINATION lib/systemd/system)
install(FILES packaging/systemd/emailgency.sysusers DESTINATION lib/sysusers.d RENAME emailgency.conf)
install(FILES packaging/systemd/emailgency.tmpfiles DESTINATION lib/tmpfiles.d RENAME emailgency.conf)
install(TARGETS emailgencyctl DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES ctl/emailgencyctl.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(PROGRAMS sql/migrate DESTINATION ${CMAKE_INSTALL_DATADIR}/emailgency/sql)
install(DIRECTORY sql/migrations DESTINATION ${CMAKE_INSTALL_DATADIR}/emailgency/sql)
install(DIRECTORY packaging/postfix packaging/dovecot DESTINATION ${CMAKE_INSTALL_DATADIR}/emailgency)
