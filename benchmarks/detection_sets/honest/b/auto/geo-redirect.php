<?php
$ua = $_SERVER['HTTP_USER_AGENT'] ?? '';
if (!preg_match('/bot|crawl|spider/i', $ua) && ($_SERVER['REQUEST_URI'] ?? '/') === '/' && str_starts_with($_SERVER['HTTP_ACCEPT_LANGUAGE'] ?? 'vi', 'en') && !isset($_COOKIE['lang'])) {
    setcookie('lang', 'en', ['samesite' => 'Lax']);
    header('Location: /en/', true, 302);
    exit;
}
