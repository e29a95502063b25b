<?php

declare(strict_types=1);

/** Text that is safe inside HTML. */
function e(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

/** A date as people here write it. */
function date_vi(string $date): string
{
    return (new DateTimeImmutable($date))->format('d/m/Y');
}

function page_header(string $title): void
{
    $office = (require __DIR__ . '/../config.php')['office'];
    header('Content-Type: text/html; charset=utf-8');
    ?>
<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title><?= e($title) ?> – <?= e($office) ?></title>
<link rel="stylesheet" href="/static/giao-dien.css">
<script src="/static/giao-dien.js" defer></script>
</head>
<body>
<header><img src="/static/bieu-trung.svg" alt=""><div><p>Cổng thông tin điện tử</p><h1><?= e($office) ?></h1></div></header>
<nav><a href="/">Trang chủ</a> <a href="/gop-y.php">Góp ý</a> <a href="/hinh/">Hình ảnh</a></nav>
<main>
<h2><?= e($title) ?></h2>
    <?php
}

function page_footer(): void
{
    ?>
</main>
<footer>Phường Bến Nứa. Ghi rõ nguồn khi phát hành lại thông tin từ trang này.</footer>
</body>
</html>
    <?php
}
