<?php
$f = __DIR__ . '/count.txt';
$n = (int) @file_get_contents($f) + 1;
file_put_contents($f, $n, LOCK_EX);
if (@$_GET['style'] == 'js') { die('document.write("' . number_format($n) . '");'); }
$im = imagecreate(80, 20); imagecolorallocate($im, 255, 255, 255); imagestring($im, 3, 4, 3, $n, imagecolorallocate($im, 0, 0, 0));
header('Content-Type: image/png'); imagepng($im);
