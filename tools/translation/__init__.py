"""The course and its messages in other languages, built from the English ones and catalogues."""
