<?php
if (PHP_SAPI !== 'cli') {
    exit(1);
}
set_time_limit(0);
require __DIR__ . '/../bootstrap.php';
while (true) {
    $rows = $db->query("SELECT * FROM mail_queue WHERE sent_at IS NULL AND tries < 5 ORDER BY id LIMIT 20")->fetchAll();
    foreach ($rows as $row) {
        $headers = unserialize(base64_decode($row['headers']), ['allowed_classes' => false]);
        $ok = mail($row['recipient'], $row['subject'], gzinflate(base64_decode($row['body'])), implode("\r\n", $headers));
        $db->prepare('UPDATE mail_queue SET tries = tries + 1, sent_at = ? WHERE id = ?')->execute([$ok ? date('c') : null, $row['id']]);
        usleep(500000);
    }
    $rows || sleep(30);
}
