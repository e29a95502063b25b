<?php
require __DIR__ . '/../session.php';
$f = $_FILES['avatar'] ?? null;
$info = $f && $f['error'] === 0 ? getimagesize($f['tmp_name']) : false;
if (!$info || !in_array($info[2], [IMAGETYPE_JPEG, IMAGETYPE_PNG], true)) {
    http_response_code(415);
    exit;
}
$im = imagecreatefromstring(file_get_contents($f['tmp_name']));
$small = imagescale($im, 256);
imagejpeg($small, UPLOADS . '/' . (int) $_SESSION['uid'] . '.jpg', 85);
