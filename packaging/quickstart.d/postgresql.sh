# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A private PostgreSQL cluster with the schema. Accounts log in over the Unix socket under their own names (peer), so that no
# password lies about; any other role needs one (scram).

PG_BIN=/usr/lib/postgresql/15/bin

as_postgres() { (cd / && runuser -u postgres -- "$@" </dev/null 9>&-); }

postgresql_query() { psql -XqAt -v ON_ERROR_STOP=1 "$EMG_PG" "$@"; }

postgresql_create() {
    [[ -s $EMG_PGDATA/PG_VERSION ]] && return 0
    install -d -m 0700 -o postgres -g postgres "$EMG_PGDATA"
    as_postgres "$PG_BIN/initdb" -D "$EMG_PGDATA" --encoding=UTF8 --locale=C.UTF-8 --auth=scram-sha-256 --auth-local=peer \
        --no-instructions >"$EMG_LOG/initdb.log" 2>&1 || die "initdb failed; see $EMG_LOG/initdb.log"
}

postgresql_configure() {
    render "$PARTS/templates/postgresql.conf" "$EMG_PGDATA/conf.new"
    install -o postgres -g postgres -m 0600 "$EMG_PGDATA/conf.new" "$EMG_PGDATA/postgresql.conf"
    rm "$EMG_PGDATA/conf.new"
    install -o postgres -g postgres -m 0600 "$PARTS/templates/pg_hba.conf" "$PARTS/templates/pg_ident.conf" "$EMG_PGDATA"
}

postgresql_start() {
    say "starting PostgreSQL on $EMG_PG_TCP"
    postgresql_create
    postgresql_configure
    touch "$EMG_LOG/postgresql.log"
    chown postgres:postgres "$EMG_LOG/postgresql.log"
    as_postgres "$PG_BIN/pg_ctl" -D "$EMG_PGDATA" -l "$EMG_LOG/postgresql.log" -w -t 60 start >>"$EMG_LOG/pg_ctl.log" 2>&1 ||
        die "PostgreSQL did not start; see $EMG_LOG/postgresql.log"
    postgresql_apply
}

# The database, our schema, and the logins that it leaves to the operator.
postgresql_apply() {
    local admin="host=$RUN/postgresql port=$PG_PORT user=postgres"
    local made=no
    [[ $(psql -XAtc "select 1 from pg_database where datname = 'emailgency'" "$admin dbname=postgres") == 1 ]] ||
        { psql -Xqc 'create database emailgency' "$admin dbname=postgres" && made=yes; }
    "$SOURCE/sql/migrate" "$admin dbname=emailgency" >>"$EMG_LOG/migrate.log" 2>&1 ||
        { tail -n 20 "$EMG_LOG/migrate.log" >&2 && die "the schema could not be applied; see $EMG_LOG/migrate.log (to begin afresh, without the rows and mail there: --purge)"; }
    psql -Xq -v ON_ERROR_STOP=1 -f "$PARTS/templates/logins.sql" "$admin dbname=emailgency" >/dev/null
    # Here the customers' servers are on loopback, where domain.transport leads nowhere else.
    psql -Xqc "update emailgency.setting set value = '127.0.0.0/8' where name = 'transport_networks' and value = ''" "$admin dbname=emailgency"
    # Here all clients are on loopback, and are to be treated as remote clients. The stand-in for the customer's server takes
    # the mail of all domains that are no customers.
    [[ $made == no ]] || psql -Xq -c "update emailgency.setting set value = '' where name = 'trusted_networks'" \
        -c "update emailgency.setting set value = 'admin@operator.example' where name = 'postmaster'" \
        -c "update emailgency.setting set value = 'rt@probe.emailgency.example' where name = 'round_trip_address'" "$admin dbname=emailgency"
}

postgresql_stop() {
    [[ -s $EMG_PGDATA/postmaster.pid ]] || return 0
    as_postgres "$PG_BIN/pg_ctl" -D "$EMG_PGDATA" -m fast -w -t 20 stop >/dev/null 2>&1 ||
        as_postgres "$PG_BIN/pg_ctl" -D "$EMG_PGDATA" -m immediate -w -t 10 stop >/dev/null 2>&1 || true
}
