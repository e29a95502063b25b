"""What helps to develop the product and is no part of it: pages made from the catalogue and the models."""
