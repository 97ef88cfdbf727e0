"""The background process of a pocket lab: its APIs, its terminals, and when they answer."""
