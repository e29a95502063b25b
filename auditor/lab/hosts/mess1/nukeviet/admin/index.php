<?php

define('NV_ADMIN', true);
require dirname(__DIR__) . '/includes/mainfile.php';

session_start();
$said = '';
if (isset($_POST['nv_login'])) {
    $query = nv_db()->prepare('SELECT password FROM nv4_users WHERE username = ?');
    $query->execute([$_POST['nv_login']]);
    if (password_verify($_POST['nv_password'] ?? '', (string) $query->fetchColumn())) {
        session_regenerate_id(true);
        $_SESSION['admin'] = $_POST['nv_login'];
    } else {
        $said = 'Sai tên hoặc mật khẩu';
    }
}
if (isset($_SESSION['admin'], $_POST['title'])) {
    nv_db()->prepare('INSERT INTO nv4_vi_news_rows (title, hometext) VALUES (?, ?)')->execute([$_POST['title'], $_POST['hometext'] ?? '']);
    $said = 'Đã đăng bài số ' . nv_db()->lastInsertId();
}
if (isset($_SESSION['admin'], $_FILES['upload'])) {
    $name = preg_replace('/[^a-z0-9.-]/', '', strtolower($_FILES['upload']['name']));
    $good = $_FILES['upload']['error'] === UPLOAD_ERR_OK && preg_match('/\.(jpg|png|pdf|txt|bin)$/', $name);
    $said = $good && move_uploaded_file($_FILES['upload']['tmp_name'], NV_ROOTDIR . '/uploads/news/' . $name)
        ? 'Đã tải lên ' . $name : 'Không tải lên được: ' . $_FILES['upload']['error'];
    error_log('news: ' . $said);
}
nv_page_header('Quản trị');
echo '<p>', nv_e($said), '</p>';
if (isset($_SESSION['admin'])) {
    echo '<form method="post"><input name="title"><textarea name="hometext"></textarea><button>Đăng</button></form>',
        '<form method="post" enctype="multipart/form-data"><input type="file" name="upload"><button>Tải lên</button></form>';
} else {
    echo '<form method="post"><input name="nv_login"><input type="password" name="nv_password"><button>Đăng nhập</button></form>';
}
nv_page_footer();
