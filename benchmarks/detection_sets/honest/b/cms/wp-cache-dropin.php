<?php
defined('ABSPATH') || exit;
if ($_SERVER['REQUEST_METHOD'] !== 'GET' || $_COOKIE) { return; }
$k = md5($_SERVER['HTTP_HOST'] . $_SERVER['REQUEST_URI']);
$f = WP_CONTENT_DIR . "/cache/pages/$k.php";
if (is_file($f) && filemtime($f) > time() - 600) { $meta = include $f; foreach ($meta['headers'] as $h) { header($h); } echo gzinflate($meta['body']); exit; }
ob_start(function ($html) use ($f) { if (http_response_code() === 200) { @mkdir(dirname($f), 0755, true); file_put_contents($f, '<?php return ' . var_export(['headers' => headers_list(), 'body' => gzdeflate($html)], true) . ';'); } return $html; });
