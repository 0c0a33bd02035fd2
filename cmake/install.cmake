# cmake --install: the programs, their manual pages, the units, the schema and the snippets to wire in.
include(GNUInstallDirs)

install(TARGETS emailgency-replicator emailgency-policyd DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES replicator/emailgency-replicator.8 policyd/emailgency-policyd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES replicator/emailgency-replicator.conf.5 policyd/emailgency-policyd.conf.5
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES packaging/systemd/emailgency-replicator.service packaging/systemd/emailgency-policyd.service
    packaging/systemd/emailgency-policyd.socket DESTINATION lib/systemd/system)
install(FILES packaging/systemd/emailgency.sysusers DESTINATION lib/sysusers.d RENAME emailgency.conf)
install(FILES packaging/systemd/emailgency.tmpfiles DESTINATION lib/tmpfiles.d RENAME emailgency.conf)
install(TARGETS emailgencyctl DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES ctl/emailgencyctl.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(PROGRAMS sql/migrate DESTINATION ${CMAKE_INSTALL_DATADIR}/emailgency/sql)
install(DIRECTORY sql/migrations DESTINATION ${CMAKE_INSTALL_DATADIR}/emailgency/sql)
install(DIRECTORY packaging/postfix packaging/dovecot DESTINATION ${CMAKE_INSTALL_DATADIR}/emailgency)
