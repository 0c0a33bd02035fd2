-- One login for each account of the stack; what each may do is decided by the schema's roles.
set client_min_messages = warning;
do $$
begin
    if to_regrole('operator') is null then
        create role operator login;
    end if;
    if to_regrole('emailgency_node') is null then
        create role emailgency_node login;
    end if;
    if to_regrole('postfix') is null then
        create role postfix login;
    end if;
    if to_regrole('dovecot') is null then
        create role dovecot login;
    end if;
end
$$;
grant emailgency_operator to operator;
grant emailgency_daemon to emailgency_node;
grant emailgency_dovecot to dovecot;
alter role operator set search_path = emailgency;
alter role emailgency_node set search_path = emailgency;
alter role postfix set search_path = emailgency;
alter role dovecot set search_path = emailgency;
grant usage on schema emailgency to postfix;
grant select on emailgency.postfix_relay_domains to postfix;
