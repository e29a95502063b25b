<?php
$hooks = [];
function on($e, callable $f, $p = 10) { global $hooks; $hooks[$e][$p][] = $f; }
function trigger($e, ...$a) { global $hooks; $l = $hooks[$e] ?? []; ksort($l); foreach (array_merge(...array_values($l)) as $f) { if (false === call_user_func_array($f, $a)) { break; } } }
function filter($e, $v) { global $hooks; return array_reduce(array_merge(...array_values($hooks[$e] ?? [[]])), fn ($c, $f) => $f($c), $v); }
on('save', 'htmlspecialchars');
echo filter('save', $_POST['tieu_de'] ?? '');
