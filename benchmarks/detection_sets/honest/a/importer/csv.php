<?php
require __DIR__ . '/../admin/session.php';
require_role('editor');
$f = $_FILES['csv'] ?? null;
if (!$f || $f['error'] || $f['size'] > 2 << 20 || strtolower(pathinfo($f['name'], PATHINFO_EXTENSION)) !== 'csv') {
    exit('Chỉ nhận tệp CSV dưới 2 MB');
}
$to = UPLOAD_DIR . '/' . bin2hex(random_bytes(8)) . '.csv';
move_uploaded_file($f['tmp_name'], $to);
$h = fopen($to, 'r');
$map = array_flip(fgetcsv($h, null, ',', '"', ''));
while ($r = fgetcsv($h, null, ',', '"', '')) {
    $db->prepare('INSERT INTO questions (name, text) VALUES (?, ?)')->execute([$r[$map['ten']], $r[$map['noi_dung']]]);
}
unlink($to);
