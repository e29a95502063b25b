<?php
if (PHP_SAPI !== 'cli') {
    exit(1);
}
$c = require __DIR__ . '/../config.php';
$file = sprintf('%s/%s-%s.sql.gz', $c['backup_dir'], $c['name'], date('Ymd-His'));
$cmd = sprintf(
    'mysqldump --defaults-extra-file=%s --single-transaction %s | gzip > %s',
    escapeshellarg($c['defaults']),
    escapeshellarg($c['name']),
    escapeshellarg($file)
);
exec($cmd, $out, $rc);
if ($rc !== 0) {
    mail($c['admin'], 'Sao lưu lỗi', implode("\n", $out));
    exit($rc);
}
foreach (glob($c['backup_dir'] . '/*.sql.gz') as $old) {
    if (filemtime($old) < time() - 30 * 86400) {
        unlink($old);
    }
}
