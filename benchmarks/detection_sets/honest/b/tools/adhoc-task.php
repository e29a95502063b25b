<?php
$tasks = array_map(fn ($f) => basename($f, '.php'), glob(__DIR__ . '/tasks/*.php'));
$t = $argv[1] ?? '';
if (!in_array($t, $tasks, true)) { exit("Tasks: " . implode(', ', $tasks) . "\n"); }
require __DIR__ . "/tasks/$t.php";
$o = (new ReflectionClass($t))->newInstanceArgs(array_slice($argv, 2));
exit($o());
