-- A login that the schema does not create: the operator's, which may also create logins for domain admins.
do $$
begin
    if to_regrole('operator') is null then
        create role operator login createrole in role emailgency_operator;
    end if;
end
$$;
alter role operator set search_path = emailgency, public;
