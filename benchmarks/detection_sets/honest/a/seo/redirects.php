<?php
$map = json_decode(file_get_contents(__DIR__ . '/redirects.json'), true);
$p = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (isset($map[$p])) {
    header('Location: ' . $map[$p], true, 301);
    exit;
}
if (preg_match('/iphone|android.*mobile/i', $_SERVER['HTTP_USER_AGENT'] ?? '') && empty($_COOKIE['full'])) {
    header('Location: https://m.phuong.example' . $_SERVER['REQUEST_URI']);
    exit;
}
