"""Small servers of our own in place of those that well-known images bring.

Each is a function from what it was started with to the ports on which it answers. They are not
the programs of those projects: they do what a course does with them, and refuse the rest in words.
"""
