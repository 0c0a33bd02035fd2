# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The webmail: Debian's Roundcube in a PHP pool of its own, with the packaged configuration. nginx is the console's.

# Packaged files, with the places of this folder.
webmail_places() {
    sed -e "s|/usr/share/emailgency/roundcube|$DIR/webmail/conf|g; s|/etc/emailgency/|$EMG_CONF/|g; s|/var/lib/emailgency-webmail|$DIR/webmail/state|g
        s|/run/php/emailgency-webmail.sock|$RUN/webmail.socket|" "$@"
}

webmail_install() {
    local file
    install -d -m 0755 "$DIR/webmail" "$DIR/webmail/conf"
    install -d -m 0700 -o emailgency-webmail -g emailgency-webmail "$DIR/webmail/log"
    for file in config.inc.php defaults.inc.php emailgency-webmail.pool; do
        webmail_places "$SOURCE/packaging/roundcube/$file" >"$DIR/webmail/conf/$file"
    done
    "$SOURCE/packaging/roundcube/make-webmail" "${EMG_WEBMAIL_TCP%:*}" "$EMG_CONSOLE" "$EMG_CONF" "$DIR/webmail/state" "$DIR/webmail/conf" \
        >>"$EMG_LOG/webmail.log" 2>&1 || die "the webmail's database could not be made; see $EMG_LOG/webmail.log"
    grep -q imap_host "$EMG_CONF/webmail.php" || cat >>"$EMG_CONF/webmail.php" <<END
\$config['imap_host'] = 'tls://$EMG_IMAP';
\$config['smtp_host'] = 'tls://$EMG_SUBMISSION';
\$config['log_driver'] = 'file';
\$config['log_dir'] = '$DIR/webmail/log/';
END
    printf '[global]\npid = %s\nerror_log = %s\ndaemonize = no\n' "$RUN/webmail.pid" "$EMG_LOG/webmail.log" >"$DIR/webmail/php-fpm.conf"
    sed "s|^php_admin_value.open_basedir.*|&:$DIR/webmail/log/|" "$DIR/webmail/conf/emailgency-webmail.pool" >>"$DIR/webmail/php-fpm.conf"
}

# nginx's part, for its main configuration.
webmail_nginx() {
    webmail_places -e "s|/etc/letsencrypt/live/webmail.example/fullchain.pem|$DIR/nginx/webmail.pem|
        s|/etc/letsencrypt/live/webmail.example/privkey.pem|$DIR/nginx/webmail.key|
        s|listen 443 |listen $EMG_WEBMAIL_TCP |; /listen \[::\]/d; s|server_name webmail.example|server_name ${EMG_WEBMAIL_TCP%:*}|
        s|listen 80;|listen $WEBMAIL_HTTP;|; s|https://webmail.example|$EMG_WEBMAIL|" "$SOURCE/packaging/nginx/emailgency-webmail.conf" \
        >"$DIR/nginx/emailgency-webmail.conf"
}

webmail_start() {
    webmail_install
    webmail_nginx
    say "starting PHP for the webmail on $EMG_WEBMAIL"
    rm -f "$RUN/webmail.socket"
    spawn webmail php-fpm8.2 -y "$DIR/webmail/php-fpm.conf"
    await "PHP for the webmail did not start; see $EMG_LOG/webmail.log" 20 test -S "$RUN/webmail.socket"
}

webmail_stop() {
    stop_pid "$RUN/webmail.pid"
}
