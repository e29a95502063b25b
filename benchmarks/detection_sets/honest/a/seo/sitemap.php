<?php
require __DIR__ . '/../bootstrap.php';
header('Content-Type: application/xml; charset=utf-8');
echo '<?xml version="1.0" encoding="UTF-8"?>', "\n", '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">';
foreach ($db->query('SELECT slug, updated FROM posts WHERE public = 1') as $p) {
    echo '<url><loc>https://', $_SERVER['HTTP_HOST'], '/', rawurlencode($p['slug']), '</loc><lastmod>', substr($p['updated'], 0, 10), '</lastmod></url>';
}
echo '</urlset>';
