<?php
require __DIR__ . '/../admin/guard.php';
$ip = filter_var($_POST['ip'] ?? '', FILTER_VALIDATE_IP) ?: exit('Địa chỉ sai');
exec('ping -c 3 -W 2 ' . escapeshellarg($ip), $o, $rc);
echo '<pre>', htmlspecialchars(implode("\n", $o)), '</pre>', $rc ? 'lỗi' : 'thông';
