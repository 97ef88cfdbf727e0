"""The Multipass command line, spoken by the pocket lab: grammar, verbs and formats."""
