"""What is judged: controls, the language they are written in, standards and laws, waivers."""
