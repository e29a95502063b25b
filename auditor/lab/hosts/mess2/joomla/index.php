<?php

// Không phải Joomla: chỉ cùng bố cục, cho phòng thử.
define('_JEXEC', 1);
define('JPATH_BASE', __DIR__);
require JPATH_BASE . '/includes/framework.php';

if (isset($_GET['id'])) {
    $query = db()->prepare('SELECT title, introtext FROM jos_content WHERE id = ?');
    $query->execute([(int) $_GET['id']]);
    $row = $query->fetch();
    if (!$row) {
        http_response_code(404);
        $row = ['title' => 'Không tìm thấy', 'introtext' => ''];
    }
    page($row['title'], '<p>' . e($row['introtext']) . '</p>');
    exit;
}
$list = '';
foreach (db()->query('SELECT id, title FROM jos_content ORDER BY id DESC LIMIT 10') as $row) {
    $list .= '<li><a href="/index.php?id=' . (int) $row['id'] . '">' . e($row['title']) . '</a></li>';
}
page('Trang chủ', "<ul>$list</ul>");
