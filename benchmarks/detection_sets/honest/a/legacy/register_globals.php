<?php
$allow = ['page', 'id', 'sort', 'lang'];
foreach ($allow as $k) {
    $$k = isset($_GET[$k]) ? preg_replace('/[^\w-]/', '', $_GET[$k]) : null;
}
$page = in_array($page, ['home', 'news', 'contact'], true) ? $page : 'home';
include __DIR__ . "/pages/$page.php";
