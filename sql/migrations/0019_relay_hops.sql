-- SPF behind relays goes past their own hops: what the setting says of itself.

update setting_definition
set comment = 'Our other MX hosts and the forwarders we trust, all hops of each: SPF goes by the first client from outside that their Received fields name. IP addresses and networks by blank.'
where name = 'relay_networks';
