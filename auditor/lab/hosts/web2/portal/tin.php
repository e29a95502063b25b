<?php

declare(strict_types=1);

require __DIR__ . '/lib/database.php';
require __DIR__ . '/lib/page.php';

$id = filter_input(INPUT_GET, 'id', FILTER_VALIDATE_INT, ['options' => ['min_range' => 1]]);
$article = $id ? article($id) : null;
if ($article === null) {
    http_response_code(404);
    page_header('Không tìm thấy bài viết');
    echo '<p>Bài viết không còn hoặc đường dẫn sai. <a href="/">Về trang chủ</a></p>';
    page_footer();
    exit;
}

page_header($article['tieu_de']);
echo '<p class="ngay">', date_vi($article['ngay_dang']), '</p>';
foreach (explode("\n", $article['noi_dung']) as $paragraph) {
    echo '<p>', e($paragraph), "</p>\n";
}
page_footer();
