<?php
class StringTemplate
{
    private $db;
    private $cache = array();

    function __construct($db) { $this->db = $db; }

    function get($name)
    {
        if (!isset($this->cache[$name])) {
            $row = $this->db->fetch("SELECT body FROM templates WHERE name = ?", array($name));
            $this->cache[$name] = str_replace("\\'", "'", addslashes($row ? $row['body'] : ''));
        }
        return $this->cache[$name];
    }

    function output($name, $vars)
    {
        foreach ($vars as $key => $value) {
            $$key = $value;
        }
        eval('$page = "' . $this->get($name) . '";');
        return $page;
    }
}
