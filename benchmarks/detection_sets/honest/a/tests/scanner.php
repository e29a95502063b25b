<?php
$patterns = ['/eval\s*\(\s*base64_decode/i', '/\$_(GET|POST|REQUEST)\[[^\]]+\]\s*\(/', '/preg_replace\(.*\/e[\'"]/', '/shell_exec\s*\(\s*\$_/', '/FilesMan|c99shell|r57/i'];
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($argv[1] ?? '.', FilesystemIterator::SKIP_DOTS)) as $f) {
    if ($f->getExtension() !== 'php') { continue; }
    $c = file_get_contents($f);
    foreach ($patterns as $p) { if (preg_match($p, $c)) { echo $f, ': ', $p, PHP_EOL; } }
}
