<?php
$db = new PDO('sqlite:' . __DIR__ . '/hoso.sqlite');
$db->sqliteCreateFunction('khong_dau', function ($s) { return preg_replace('/\p{Mn}/u', '', class_exists('Normalizer') ? Normalizer::normalize((string) $s, Normalizer::FORM_D) : (string) $s); }, 1);
$db->sqliteCreateFunction('lower_vi', 'mb_strtolower', 1);
$s = $db->prepare('SELECT * FROM hoso WHERE khong_dau(ten) LIKE khong_dau(?)');
