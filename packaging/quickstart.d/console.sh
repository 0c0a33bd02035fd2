# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The web console: emailgency-console-auth, emailgency-console, and an nginx, which the webmail has, too.

CONSOLE_DAEMONS=(console-auth console)

# Runs before the daemons start: their configuration, their keys.
console_install() {
    install -D -m 0755 "$BUILD/consoleauth/emailgency-console-auth" "$PROGRAMS/console-auth/emailgency-console-auth"
    install -D -m 0755 "$BUILD/console/emailgency-console" "$PROGRAMS/console/emailgency-console"
    install -d -m 0755 "$RUN/console"
    daemons_key console.key emailgency-console
    install -o emailgency-console -m 0600 "$EMG_CONF/report.key" "$EMG_CONF/unsubscribe.key"
    daemons_key totp.key emailgency-console-auth
    daemons_key captcha.key emailgency-console-auth
}

# The packaged configuration of nginx, within a main one of its own.
console_nginx_configure() {
    local share=$PROGRAMS/installed/share/emailgency
    CONSOLE_STATIC=$share/console/static
    render "$PARTS/templates/nginx.conf" "$DIR/nginx/nginx.conf"
    local file
    for file in emailgency-console emailgency-autoconfig; do
        sed "s|/usr/share/emailgency/nginx/|$DIR/nginx/|; s|/usr/share/emailgency/console/static/|$CONSOLE_STATIC/|
            s|unix:/run/emailgency-console/socket|unix:$RUN/console/socket|
            s|/etc/letsencrypt/live/[a-z.]*/fullchain.pem|$DIR/nginx/console.pem|
            s|/etc/letsencrypt/live/[a-z.]*/privkey.pem|$DIR/nginx/console.key|
            s|listen 443 |listen $EMG_CONSOLE_TCP |; /listen \[::\]/d; s|server_name console.example|server_name $CONSOLE_HOST|
            s|listen 80;|listen $CONSOLE_HTTP;|; s|https://console.example|$EMG_CONSOLE|
            s|rate=[0-9]*r/m|rate=600r/m|" "$SOURCE/packaging/nginx/$file.conf" >"$DIR/nginx/$file.conf"
    done
    cp "$SOURCE/packaging/nginx/emailgency-console.proxy" "$DIR/nginx/"
}

console_start() {
    CONSOLE_HOST=${EMG_CONSOLE_TCP%:*}
    console_install
    console_nginx_configure
    daemons_run "${CONSOLE_DAEMONS[@]}"
    say "starting nginx on $EMG_CONSOLE"
    spawn nginx nginx -c "$DIR/nginx/nginx.conf" -e "$EMG_LOG/nginx.log"
    await "nginx does not answer on $EMG_CONSOLE_TCP" 20 port_answers "$EMG_CONSOLE_TCP"
    await "nginx does not answer on $EMG_WEBMAIL_TCP" 20 port_answers "$EMG_WEBMAIL_TCP"
    console_account
}

# The account of a sample admin, with the password that DIR/env names.
console_account() {
    EMG_CONSOLE_LOGIN=alice@admins.example
    EMG_CONSOLE_PASSWORD_FILE=$EMG_CONF/console.password
    [[ -s $EMG_CONSOLE_PASSWORD_FILE ]] ||
        (umask 077 && printf 'Quick-%s\n' "$(od -An -N 9 -t x1 /dev/urandom | tr -d ' \n')" >"$EMG_CONSOLE_PASSWORD_FILE")
    EMG_CONSOLE_PASSWORD=$(<"$EMG_CONSOLE_PASSWORD_FILE")
    [[ $(postgresql_query -c "select count(*) from account where login = '$EMG_CONSOLE_LOGIN'") == 1 ]] ||
        EMG_PG=$EMG_PG "$EMG_CTL" account add "$EMG_CONSOLE_LOGIN" --no-mail >/dev/null
    EMG_PG=$EMG_PG "$EMG_CTL" account passwd "$EMG_CONSOLE_LOGIN" <"$EMG_CONSOLE_PASSWORD_FILE" >/dev/null
}

console_stop() {
    stop_pid "$RUN/nginx.pid"
    stop_pid "$RUN/emailgency/console.pid"
    stop_pid "$RUN/emailgency/console-auth.pid"
}

console_env() {
    local variable
    for variable in EMG_CONSOLE EMG_WEBMAIL EMG_CA EMG_CONSOLE_LOGIN EMG_CONSOLE_PASSWORD; do
        echo "$variable=${!variable}"
    done
    daemons_env_of "${CONSOLE_DAEMONS[@]}"
}

# The tour's part: an edit by the web, seen by SMTP.
console_tour() {
    tour_heading "A customer's admin edits the same rows by the web console"
    tour_row "insert into domain_admin (login, domain) select '$EMG_CONSOLE_LOGIN', name from domain where name in ('tour.example', 'quiet.example') on conflict do nothing"
    console_page stealth "$EMG_CONSOLE_LOGIN logs in at $EMG_CONSOLE and puts quiet.example into stealth mode"
    tour_to_mx '^450 4.3.2' "to carl@quiet.example" 192.0.2.10 mail.sender.example news@sender.example carl@quiet.example
    console_page undo "and undoes that, on the page Changes"
    tour_to_mx '^250 2.0.0' "the same again" 192.0.2.10 mail.sender.example news@sender.example carl@quiet.example
}

console_page() {
    printf '  web:      %s\n' "$2"
    tour_check '^Saved. In force on 1 of 1 node' "$(python3 -B "$PARTS/console.py" "$1" "$EMG_CONSOLE" "$EMG_CA" "$EMG_CONSOLE_LOGIN" \
        "$EMG_CONSOLE_PASSWORD_FILE" quiet.example 2>&1 | tail -n 1)"
}
