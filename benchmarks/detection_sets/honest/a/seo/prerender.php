<?php
$bot = preg_match('/googlebot|bingbot|coccocbot/i', $_SERVER['HTTP_USER_AGENT'] ?? '');
if ($bot && $_SERVER['REQUEST_METHOD'] === 'GET') {
    $html = @file_get_contents('http://127.0.0.1:3000/render?url=' . urlencode('https://phuong.example' . $_SERVER['REQUEST_URI']));
    if ($html !== false) {
        exit($html);
    }
}
readfile(__DIR__ . '/app.html');
