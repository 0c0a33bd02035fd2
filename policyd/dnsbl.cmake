# What the DNS block lists and DNS white lists say of a client.
emg_part(policyd_dnsbl policyd
    SOURCES dnsbl.c dnsbl_health.c dnsbl_replies.c dnsbl_score.c dnsbl_zone.c dnsbl_zones.c
    LAYERS base directory dns io)
