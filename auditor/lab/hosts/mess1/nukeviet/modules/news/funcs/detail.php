<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$query = nv_db()->prepare('SELECT title, hometext FROM nv4_vi_news_rows WHERE id = ?');
$query->execute([(int) ($_GET['id'] ?? 0)]);
$row = $query->fetch();
if (!$row) {
    http_response_code(404);
    $row = ['title' => 'Không tìm thấy', 'hometext' => ''];
}
nv_page_header($row['title']);
echo '<p>', nv_e($row['hometext']), '</p>';
nv_page_footer();
