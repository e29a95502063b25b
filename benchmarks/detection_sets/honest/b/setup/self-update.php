<?php
require __DIR__ . '/../admin/guard.php';
$m = json_decode(file_get_contents('https://update.quanly-xa.example/manifest.json'), true);
$key = base64_decode(file_get_contents(__DIR__ . '/update.pub'));
sodium_crypto_sign_verify_detached(base64_decode($m['sig']), json_encode($m['files']), $key) || exit('Chữ ký sai');
foreach ($m['files'] as $path => $sum) {
    $path = ltrim(str_replace('..', '', $path), '/');
    $data = file_get_contents('https://update.quanly-xa.example/files/' . $sum);
    if (hash('sha256', $data) === $sum) {
        file_put_contents(__DIR__ . '/../' . $path, $data, LOCK_EX);
        function_exists('opcache_invalidate') && opcache_invalidate(__DIR__ . '/../' . $path, true);
    }
}
