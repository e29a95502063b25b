<?php
$bad = ['php', 'phtml'];
$f = $_FILES['doc'] ?? exit;
$p = explode('.', $f['name']);
if (!in_array(strtolower(end($p)), $bad)) {
    array_pop($p); @mkdir('files'); $to = 'files/' . implode('.', $p);
    move_uploaded_file($f['tmp_name'], $to) and print $to;
}
