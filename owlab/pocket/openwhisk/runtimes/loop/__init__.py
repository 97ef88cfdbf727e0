"""Workers of the runtimes whose actions are processes of their own."""
