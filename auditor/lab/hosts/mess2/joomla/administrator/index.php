<?php

define('_JEXEC', 1);
define('JPATH_BASE', dirname(__DIR__));
require JPATH_BASE . '/includes/framework.php';

session_start();
$said = '';
if (isset($_POST['username'])) {
    $query = db()->prepare('SELECT password FROM jos_users WHERE username = ?');
    $query->execute([$_POST['username']]);
    if (password_verify($_POST['passwd'] ?? '', (string) $query->fetchColumn())) {
        session_regenerate_id(true);
        $_SESSION['admin'] = $_POST['username'];
    } else {
        $said = 'Sai tên hoặc mật khẩu';
    }
}
if (isset($_SESSION['admin'], $_POST['title'])) {
    $query = db()->prepare('INSERT INTO jos_content (title, introtext) VALUES (?, ?) RETURNING id');
    $query->execute([$_POST['title'], $_POST['introtext'] ?? '']);
    $said = 'Đã đăng bài số ' . $query->fetchColumn();
}
if (isset($_SESSION['admin'], $_FILES['upload'])) {
    $name = preg_replace('/[^a-z0-9.-]/', '', strtolower($_FILES['upload']['name']));
    $good = $_FILES['upload']['error'] === UPLOAD_ERR_OK && preg_match('/\.(jpg|png|pdf|txt|bin)$/', $name);
    $said = $good && move_uploaded_file($_FILES['upload']['tmp_name'], JPATH_BASE . '/images/' . $name)
        ? 'Đã tải lên ' . $name : 'Không tải lên được: ' . $_FILES['upload']['error'];
}
$forms = isset($_SESSION['admin'])
    ? '<form method="post"><input name="title"><textarea name="introtext"></textarea><button>Đăng</button></form>'
        . '<form method="post" enctype="multipart/form-data"><input type="file" name="upload"><button>Tải lên</button></form>'
    : '<form method="post"><input name="username"><input type="password" name="passwd"><button>Đăng nhập</button></form>';
page('Quản trị', '<p>' . e($said) . '</p>' . $forms);
