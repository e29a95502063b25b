<?php
$src = realpath(UPLOADS . '/' . basename($_GET['f'] ?? ''));
$w = min(1600, max(16, (int) ($_GET['w'] ?? 320)));
$out = CACHE . '/' . md5($src . $w) . '.jpg';
if ($src && !is_file($out)) {
    exec('convert ' . escapeshellarg($src) . ' -thumbnail ' . $w . 'x ' . escapeshellarg($out), $o, $rc);
}
header('Content-Type: image/jpeg');
readfile($out);
