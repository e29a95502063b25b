<?php

define('NV_MAINFILE', true);
define('NV_ROOTDIR', dirname(__DIR__));
require NV_ROOTDIR . '/includes/ini.php';
require NV_ROOTDIR . '/includes/constants.php';
require NV_ROOTDIR . '/config.php';
require NV_ROOTDIR . '/data/config/config_global.php';
require NV_ROOTDIR . '/includes/functions.php';
