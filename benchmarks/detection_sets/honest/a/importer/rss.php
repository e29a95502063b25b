<?php
$cache = __DIR__ . '/cache/rss.html';
if (!is_file($cache) || filemtime($cache) < time() - 600) {
    $c = curl_init('https://baotinh.example/rss/home.rss');
    curl_setopt_array($c, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 5, CURLOPT_USERAGENT => 'PhuongBot/1.0']);
    $xml = simplexml_load_string((string) curl_exec($c), SimpleXMLElement::class, LIBXML_NONET);
    $out = '';
    foreach ($xml->channel->item ?? [] as $i) {
        $out .= '<li><a href="' . htmlspecialchars($i->link) . '">' . htmlspecialchars($i->title) . '</a></li>';
    }
    file_put_contents($cache, $out);
}
readfile($cache);
