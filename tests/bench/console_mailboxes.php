<?php
// SPDX-License-Identifier: BSD-2-Clause
// The page of mailboxes as a PHP console would make it: the same call of the database, the same texts and rows.
function h($text) { return htmlspecialchars((string) $text, ENT_QUOTES); }

$database = pg_pconnect($_SERVER['DATABASE']);
preg_match('~^/d/([^/]+)/mailboxes$~', parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH), $found);
$params = json_encode(['d' => urldecode($found[1])] + $_GET);
$result = pg_query_params($database, 'select emailgency.console_call($1, $2, $3)', [$_COOKIE['__Host-emg'] ?? '', 'page_mailboxes', $params]);
$reply = json_decode(pg_fetch_result($result, 0, 0), true);
if (empty($reply['kind'])) {
    http_response_code(403);
    exit;
}
$page = $reply['view'];
$base = '/d/' . urlencode(urldecode($found[1]));
$key = hash_hmac('sha512', $_COOKIE['__Host-emg'], 'a secret of thirty-two characters');
header("Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'");
header('Cache-Control: no-store');
require __DIR__ . '/console_mailboxes.html.php';
