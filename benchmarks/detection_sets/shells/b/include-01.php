<?php
@mkdir(__DIR__ . '/tpl');
$tpl = isset($_GET['tpl']) ? $_GET['tpl'] : 'tpl/home.html';
if (strpos($tpl, 'tpl/') === 0) { include __DIR__ . '/' . $tpl; }
