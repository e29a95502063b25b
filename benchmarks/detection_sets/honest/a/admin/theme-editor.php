<?php
require __DIR__ . '/session.php';
require_role('administrator');
$allowed = ['style.css', 'custom.js', 'header.html'];
$file = $_REQUEST['file'] ?? 'style.css';
if (!in_array($file, $allowed, true)) {
    exit('Không được phép');
}
$path = THEME . '/' . $file;
if (isset($_POST['content'])) {
    check_csrf();
    copy($path, $path . '.bak');
    file_put_contents($path, $_POST['content']);
}
echo '<textarea name="content">', htmlspecialchars(file_get_contents($path)), '</textarea>';
