<?php
function parts(string $eml, string $dir): void
{
    preg_match('/boundary="?([^";\r\n]+)/', $eml, $m);
    foreach (explode('--' . ($m[1] ?? "\0"), $eml) as $p) {
        if (preg_match('/filename="([^"]+\.(pdf|docx|jpg))"/i', $p, $f) && preg_match('/base64\r?\n(?:.+\r?\n)*\r?\n([\s\S]+)$/', $p, $b)) { file_put_contents($dir . '/' . md5($f[1]) . '.' . strtolower($f[2]), base64_decode($b[1])); }
    }
}
