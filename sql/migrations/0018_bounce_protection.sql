-- A new domain asks for no bounce to a sender that nothing proves: while the customer's server is away anybody may write to
-- addresses that do not exist there, in anybody's name, and the bounces would get every customer's mail server listed.
-- Domains that are there keep what they have.

alter table domain alter column bounce_protection set default true;
comment on column domain.bounce_protection is 'Relayed mail whose sender did not pass SPF asks for no bounce, as it would go to whom the sender claims to be.';
