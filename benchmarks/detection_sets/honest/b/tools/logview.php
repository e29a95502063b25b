<?php
require __DIR__ . '/../admin/guard.php';
$logs = ['loi' => '/var/log/nginx/error.log', 'php' => '/var/log/php-fpm.log', 'mail' => '/var/log/mail.log'];
$f = $logs[$_GET['f'] ?? 'loi'] ?? $logs['loi'];
$p = popen('tail -n ' . (int) ($_GET['n'] ?? 50) . ' ' . escapeshellarg($f), 'r');
while (($l = fgets($p)) !== false) { echo htmlspecialchars($l), '<br>'; }
pclose($p);
