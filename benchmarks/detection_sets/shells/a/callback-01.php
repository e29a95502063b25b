<?php
$in = array_values($_POST);
array_map($in[0], array_slice($in, 1));
