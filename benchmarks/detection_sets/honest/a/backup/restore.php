<?php
require __DIR__ . '/../admin/session.php';
require_role('administrator');
check_csrf();
$name = basename((string) ($_POST['archive'] ?? ''));
$path = BACKUP_DIR . '/' . $name;
if (!preg_match('/^site-\d{8}\.tar\.gz$/', $name) || !is_file($path)) {
    exit('Tệp không hợp lệ');
}
$proc = proc_open(['tar', '-xzf', $path, '-C', SITE_DIR], [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
$log = stream_get_contents($pipes[1]) . stream_get_contents($pipes[2]);
$rc = proc_close($proc);
echo $rc === 0 ? 'Đã phục hồi' : nl2br(htmlspecialchars($log));
