<?php
function sheet(string $file): array
{
    $z = new ZipArchive(); $z->open($file);
    $shared = array_map('strval', iterator_to_array(simplexml_load_string($z->getFromName('xl/sharedStrings.xml'))->si ?? [], false));
    $rows = [];
    foreach (simplexml_load_string($z->getFromName('xl/worksheets/sheet1.xml'))->sheetData->row as $r) { $row = []; foreach ($r->c as $c) { $row[] = (string) $c['t'] === 's' ? $shared[(int) $c->v] : (string) $c->v; } $rows[] = $row; }
    return $rows;
}
