"""What a site shows to others and hides from its owner: visited, read, told."""
