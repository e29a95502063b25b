<?php

defined('_JEXEC') or die;

$template = 'cassiopeia';
