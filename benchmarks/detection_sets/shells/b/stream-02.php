<?php
$view = $_GET['view'] ?? 'string.toupper';
$id = basename($_GET['id'] ?? 'readme.txt');
include 'php://filter/read=' . $view . '/resource=' . __DIR__ . '/' . $id;
