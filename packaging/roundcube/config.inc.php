<?php
// SPDX-License-Identifier: BSD-2-Clause
// Roundcube as the webmail of Emailgency. The PHP pool (emailgency-webmail.pool) names this folder in ROUNDCUBE_CONFIG_DIR; nothing
// of Debian's own configuration of Roundcube is used or changed. What belongs to this host (its key, its names) is in
// /etc/emailgency/webmail.php, which make-webmail writes; any option below may be set there, too. See docs/operations.md, "Webmail".

// A database of its own on this host's disk, so that users read their mail while PostgreSQL is away.
$config['db_dsnw'] = 'sqlite:////var/lib/emailgency-webmail/webmail.db?mode=0600';
$config['temp_dir'] = '/var/lib/emailgency-webmail/temp/';
$config['log_driver'] = 'syslog';
$config['syslog_id'] = 'emailgency-webmail';
$config['syslog_facility'] = LOG_DAEMON;
$config['log_logins'] = true;

// Dovecot and Postfix of this host. The login is the full address, with the password of the mailbox.
$config['imap_host'] = 'tls://127.0.0.1:143';
$config['smtp_host'] = 'tls://127.0.0.1:587';
$config['smtp_user'] = '%u';
$config['smtp_pass'] = '%p';
$config['imap_timeout'] = 20;
$config['smtp_timeout'] = 40;
$config['login_username_maxlen'] = 320;
$config['login_password_maxlen'] = 256;
// Not by Roundcube, which would lock the address out for everybody: emailgency-policyd counts failed log-ins by client.
$config['login_rate_limit'] = 0;
// The first identity is the login itself. A user may add others, as of an alias domain: Postfix refuses those of somebody else.
$config['identities_level'] = 0;

// Browsers may keep the password: a long one is better than one that is remembered.
$config['login_autocomplete'] = 2;

// Sessions end after half an hour without a page. The cookie is for TLS, and sent along by links of the console.
$config['use_https'] = true;
$config['session_lifetime'] = 30;
$config['session_samesite'] = 'Lax';
$config['cipher_method'] = 'AES-256-GCM';
$config['x_frame_options'] = 'sameorigin';

// Nothing is asked of third parties: no spelling service, no key server, no style sheet of a message. Images of a message are
// loaded by the browser, when its user says so.
$config['enable_spellcheck'] = false;
$config['keyservers'] = [];
$config['show_images'] = 0;
$config['disabled_actions'] = ['utils.modcss', 'mail.import'];
$config['email_dns_check'] = false;
$config['http_received_header'] = false;
$config['display_product_info'] = 0;

// Passwords are changed in the console, and there are no filters of users (Sieve): no plugin is needed.
$config['plugins'] = [];
$config['enable_installer'] = false;
$config['product_name'] = 'Emailgency';
$config['skin'] = 'elastic';
$config['create_default_folders'] = true;
$config['junk_mbox'] = ''; // nothing here sorts spam
$config['max_message_size'] = '60M';
$config['mime_types'] = '/etc/mime.types';

include '/etc/emailgency/webmail.php';

// On loopback none but root listens on these ports; elsewhere the certificate must be of the name.
foreach (['imap', 'smtp'] as $service) {
    if (!isset($config["{$service}_conn_options"]) && preg_match('#^(tls|ssl)://(127\.|\[::1\]|localhost:)#', $config["{$service}_host"])) {
        $config["{$service}_conn_options"] = ['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]];
    }
}

// No account of the system logs in here, whatever other users Dovecot has. (login_username_filter would call that an invalid request.)
rcube_plugin_api::get_instance()->register_hook('authenticate', static function ($login) {
    if (!preg_match('/^[^@\s]+@[^@\s]+$/', $login['user'])) {
        $login['abort'] = true;
        $login['error'] = 'loginfailed';
    }
    return $login;
});

// Dovecot learns the browser's address (login_trusted_networks), by which failed log-ins count: else all users of the webmail
// would be one client, and who guesses passwords would slow down everybody.
rcube_plugin_api::get_instance()->register_hook('storage_connect', static function ($options) {
    $options['preauth_ident'] = ['x-originating-ip' => rcube_utils::remote_addr()];
    return $options;
});

// Below the form of the log-in: where a password is changed.
rcube_plugin_api::get_instance()->register_hook('template_object_loginform', static function ($form) use ($config) {
    if (!empty($config['emailgency_console_url'])) {
        $link = html::a(['href' => $config['emailgency_console_url'] . '/me'], rcube::Q(rcmail::get_instance()->gettext('password')) . ': Emailgency');
        $form['content'] .= html::p(['class' => 'text-center'], $link);
    }
    return $form;
});
