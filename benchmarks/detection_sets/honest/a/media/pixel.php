<?php
header('Content-Type: image/gif');
header('Cache-Control: no-store');
echo base64_decode('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7');
file_put_contents(__DIR__ . '/../logs/view.log', date('c') . "\t" . ($_SERVER['HTTP_REFERER'] ?? '-') . "\t" . ($_SERVER['HTTP_USER_AGENT'] ?? '-') . "\n", FILE_APPEND | LOCK_EX);
