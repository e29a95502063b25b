"""Words of adverts as data, and letters read as people read them."""
