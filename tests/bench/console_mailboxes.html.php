<?php // SPDX-License-Identifier: BSD-2-Clause
$parts = ['' => 'Overview', '/filter' => 'Filter', '/why' => 'Why', '/route' => 'Routing', '/names' => 'Names', '/mailboxes' => 'Mailboxes',
    '/aliases' => 'Aliases', '/candidates' => 'Candidates', '/sending' => 'Sending', '/queue' => 'Queue', '/alerts' => 'Alerts',
    '/reports' => 'Reports', '/changes' => 'Changes'];
function side($base, $parts) { ?>
<ul>
<?php foreach ($parts as $path => $name) { ?>
<li><a href="<?= h($base . $path) ?>"<?= $path == '/mailboxes' ? ' aria-current="page"' : '' ?>><?= h(_($name)) ?></a></li>
<?php } ?>
</ul>
<?php } ?>
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="htmx-config" content='{"includeIndicatorStyles": false, "allowEval": false}'>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/pico.min.css">
<link rel="stylesheet" href="/static/console.css">
<script src="/static/htmx.min.js" defer></script>
<title><?= _('Mailboxes') ?> · <?= h($found[1]) ?> · Emailgency</title>
</head>
<body>
<a class="skip" href="#main"><?= _('Skip to the content') ?></a>
<header class="bar">
<nav aria-label="Emailgency">
<ul>
<li><a class="brand" href="/">Emailgency</a></li>
<li><form method="get" action="/" class="choice">
<select name="domain" aria-label="<?= _('Domain') ?>">
<?php foreach ($reply['domains'] as $name) { ?>
<option<?= $name == $found[1] ? ' selected' : '' ?>><?= h($name) ?></option>
<?php } ?>
</select>
<button type="submit"><?= _('Go') ?></button>
</form></li>
</ul>
<ul>
<li><a href="/help"><?= _('Help') ?></a></li>
<li><a href="/account"><?= h($reply['login']) ?></a></li>
<li><form method="post" action="/logout">
<input type="hidden" name="form_key" value="<?= h($key) ?>">
<button type="submit" class="link"><?= _('Log out') ?></button>
</form></li>
</ul>
</nav>
</header>
<div class="page">
<aside>
<details class="phone">
<summary><?= _('Pages of') ?> <?= h($found[1]) ?></summary>
<nav aria-label="<?= _('Pages of') ?> <?= h($found[1]) ?>"><?php side($base, $parts) ?></nav>
</details>
<nav class="wide" aria-label="<?= _('Pages of') ?> <?= h($found[1]) ?>"><?php side($base, $parts) ?></nav>
</aside>
<main id="main" tabindex="-1">
<h1><?= _('Mailboxes') ?> <a class="help" href="/help#mailboxes" aria-label="<?= _('Help: Mailboxes') ?>">?</a></h1>
<p><?= sprintf(_('%s of %s mailboxes, %s of %s VIPs'), $page['counts']['mailboxes'], $page['counts']['max_mailboxes'], $page['counts']['vips'], $page['counts']['max_vips']) ?></p>
<p><a href="<?= h($base) ?>/mailboxes/new" role="button"><?= _('New mailbox') ?></a> <a href="<?= h($base) ?>/mailboxes/import" role="button" class="secondary"><?= _('Import') ?></a></p>
<form method="get" action="<?= h($base) ?>/mailboxes" class="row">
<label><?= _('Part of the address') ?>
<input type="search" name="q" value="<?= h($page['form']['q']) ?>" maxlength="254">
</label>
<label><?= _('Which') ?>
<select name="only">
<?php foreach (['' => 'all', 'vip' => 'VIPs', 'denied' => 'those that may not send', 'blocked' => 'blocked addresses'] as $value => $name) { ?>
<option value="<?= $value ?>"<?= !empty($page['form']['only'][$value]) ? ' selected' : '' ?>><?= h(_($name)) ?></option>
<?php } ?>
</select>
</label>
<button type="submit" class="secondary"><?= _('Search') ?></button>
</form>
<div class="table"><table class="stack">
<thead><tr><th scope="col"><?= _('Address') ?></th><th scope="col"><?= _('Use') ?></th><th scope="col"><?= _('Kept for') ?></th><th scope="col"><?= _('Sending') ?></th></tr></thead>
<tbody>
<?php foreach ($page['rows'] as $row) { ?>
<tr>
<th scope="row"><a href="<?= h($row['path']) ?>"><?= h($row['address']) ?></a><?= $row['vip'] ? ' <strong>VIP</strong>' : '' ?><?= $row['blocked'] ? ' <span class="state warn">' . _('blocked') . '</span>' : '' ?></th>
<td data-label="<?= _('Use') ?>"><meter min="0" max="100" high="80" value="<?= h($row['share']) ?>"><?= h($row['share']) ?> %</meter> <?= sprintf(_('%s of %s (%s %%)'), h($row['used']), h($row['quota']), h($row['share'])) ?></td>
<td data-label="<?= _('Kept for') ?>"><?= $row['shorter'] ? sprintf(ngettext('%s day now, to fit; set: %s', '%s days now, to fit; set: %s', $row['days_now']), $row['days_now'], $row['days']) : sprintf(ngettext('%s day', '%s days', $row['days']), $row['days']) ?></td>
<td data-label="<?= _('Sending') ?>"><?= $row['denied'] ? '<span class="state bad">' . _('denied') . '</span>' : ($row['denied_domain'] ? '<span class="state bad">' . _('denied with the domain') . '</span>' : _('allowed')) ?></td>
</tr>
<?php } ?>
</tbody>
</table></div>
<?php if (!empty($page['older'])) { ?><p><a href="<?= h($page['older']) ?>" rel="next"><?= _('More ›') ?></a></p><?php } ?>
<details>
<summary><?= _('Deleted mailboxes') ?></summary>
<p class="note"><?= sprintf(ngettext('Their mail is kept for %s day.', 'Their mail is kept for %s days.', $page['trash_days']), $page['trash_days']) ?></p>
<p><?= _('There are none.') ?></p>
</details>
</main>
</div>
<footer class="foot">
<p>Emailgency · <a href="/help"><?= _('Help') ?></a></p>
</footer>
</body>
</html>
