<?php

defined('_JEXEC') or die;

$text['DATABASE_PASSWORD'] = 'Mật khẩu';
