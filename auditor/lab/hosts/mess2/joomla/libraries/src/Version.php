<?php

namespace Joomla\CMS;

defined('_JEXEC') or die;

final class Version
{
    public const PRODUCT = 'Joomla!';
    public const MAJOR_VERSION = 4;
    public const MINOR_VERSION = 4;
    public const PATCH_VERSION = 2;
}
