"""Reading one Python file: its tree, its names, what its expressions come to, and the facts that other files need."""
