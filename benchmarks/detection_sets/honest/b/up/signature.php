<?php
require __DIR__ . '/../session.php';
$d = $_POST['chu_ky'] ?? '';
if (preg_match('~^data:image/png;base64,([A-Za-z0-9+/=]+)$~', $d, $m) && ($raw = base64_decode($m[1], true)) && @imagecreatefromstring($raw)) {
    file_put_contents(SIGNS . '/' . (int) $_SESSION['uid'] . '.png', $raw);
}
