<?php
defined('_JEXEC') or die;
class PlgSystemWardInstallerScript
{
    public function postflight($type, $parent)
    {
        $db = JFactory::getDbo();
        $db->setQuery("UPDATE #__extensions SET enabled = 1 WHERE element = 'ward' AND type = 'plugin'")->execute();
        JFile::copy(__DIR__ . '/htaccess.txt', JPATH_ROOT . '/media/ward/.htaccess');
        foreach (['media/ward/old.php', 'plugins/system/ward/old.php'] as $f) { is_file(JPATH_ROOT . "/$f") && JFile::delete(JPATH_ROOT . "/$f"); }
    }
}
