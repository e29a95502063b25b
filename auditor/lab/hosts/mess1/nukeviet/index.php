<?php

// Không phải NukeViet: chỉ cùng bố cục, cho phòng thử.
define('NV_SYSTEM', true);
require __DIR__ . '/includes/mainfile.php';

if (($_GET['nv'] ?? '') === 'news') {
    require NV_ROOTDIR . '/modules/news/funcs/detail.php';
    exit;
}
nv_page_header('Trang chủ');
foreach (nv_db()->query('SELECT id, title, hometext FROM nv4_vi_news_rows ORDER BY id DESC LIMIT 10') as $row) {
    echo '<article><h3><a href="/index.php?nv=news&amp;id=', (int) $row['id'], '">', nv_e($row['title']), '</a></h3><p>',
        nv_e($row['hometext']), "</p></article>\n";
}
nv_page_footer();
