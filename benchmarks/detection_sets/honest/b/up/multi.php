<?php
require __DIR__ . '/../admin/guard.php';
$types = ['application/pdf' => 'pdf', 'image/jpeg' => 'jpg', 'image/png' => 'png'];
foreach ($_FILES['tep']['tmp_name'] ?? [] as $i => $tmp) {
    $mime = mime_content_type($tmp);
    if (isset($types[$mime]) && is_uploaded_file($tmp)) { move_uploaded_file($tmp, DOCS . '/' . date('Ymd') . '-' . bin2hex(random_bytes(6)) . '.' . $types[$mime]); }
}
