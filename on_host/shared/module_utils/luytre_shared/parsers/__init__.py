"""Turn text into structure, without reading anything."""
