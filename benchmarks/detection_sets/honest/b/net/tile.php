<?php
[$z, $x, $y] = array_map('intval', [$_GET['z'] ?? 0, $_GET['x'] ?? 0, $_GET['y'] ?? 0]);
$f = __DIR__ . "/tiles/$z-$x-$y.png";
if (!is_file($f)) { @mkdir(dirname($f)); file_put_contents($f, file_get_contents("https://tile.openstreetmap.org/$z/$x/$y.png", false, stream_context_create(['http' => ['user_agent' => 'phuong-map']]))); }
header('Content-Type: image/png');
readfile($f);
