<?php
require __DIR__ . '/session.php';
require_role('administrator');
$root = realpath(UPLOADS);
$dir = realpath($root . '/' . ($_GET['d'] ?? '')) ?: $root;
if (strncmp($dir, $root, strlen($root)) !== 0) {
    exit(http_response_code(403));
}
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    check_csrf();
    if (isset($_POST['delete'])) {
        unlink($dir . '/' . basename($_POST['delete']));
    }
    if (isset($_FILES['f']) && preg_match('/\.(pdf|docx?|xlsx?|jpe?g|png)$/i', $_FILES['f']['name'])) {
        move_uploaded_file($_FILES['f']['tmp_name'], $dir . '/' . basename($_FILES['f']['name']));
    }
}
foreach (scandir($dir) as $f) {
    printf("<tr><td>%s</td><td>%d</td><td>%s</td></tr>\n", htmlspecialchars($f), filesize("$dir/$f"), decoct(fileperms("$dir/$f") & 0777));
}
