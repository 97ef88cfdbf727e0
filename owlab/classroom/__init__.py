"""A class on one server: what a teacher sees of all labs, from what is on the disk."""
