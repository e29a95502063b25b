<?php
$have = array_map(fn ($f) => basename($f, '.php'), glob(__DIR__ . '/lang/*.php') ?: []);
$l = $_COOKIE['lang'] ?? substr($_SERVER['HTTP_ACCEPT_LANGUAGE'] ?? 'vi', 0, 2);
$l = in_array($l, $have, true) ? $l : 'vi';
$L = is_file(__DIR__ . "/lang/$l.php") ? include __DIR__ . "/lang/$l.php" : [];
function t($k, ...$a) { global $L; return vsprintf($L[$k] ?? $k, $a); }
