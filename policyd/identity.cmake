# What policyd knows of senders and clients without asking anybody.
emg_part(policyd_rules policyd
    SOURCES identity.c identity_address.c identity_name.c
    LAYERS base directory
    LIBRARIES PkgConfig::PSL)
