"""What starts with every command of a pocket lab, and nothing heavier."""
