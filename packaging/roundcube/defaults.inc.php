<?php
// SPDX-License-Identifier: BSD-2-Clause
// Roundcube reads its defaults from the folder of config.inc.php; these are Debian's.
include '/etc/roundcube/defaults.inc.php';
