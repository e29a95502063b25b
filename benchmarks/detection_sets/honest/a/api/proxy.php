<?php
const UPSTREAM = 'https://bando.tinh.example/wms';
$q = array_intersect_key($_GET, array_flip(['service', 'request', 'layers', 'bbox', 'width', 'height', 'format']));
$c = curl_init(UPSTREAM . '?' . http_build_query($q));
curl_setopt_array($c, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 15]);
$body = curl_exec($c);
header('Content-Type: ' . (curl_getinfo($c, CURLINFO_CONTENT_TYPE) ?: 'application/octet-stream'));
echo $body;
