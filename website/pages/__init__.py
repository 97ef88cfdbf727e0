"""The pages beside the notebooks, one file each: from their only source to Markdown."""
