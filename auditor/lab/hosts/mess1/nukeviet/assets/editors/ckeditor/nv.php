<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$editor = 'ckeditor';
