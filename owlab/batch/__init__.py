"""The course without a person: notebooks in order, a summary, a report, an honest exit status."""
