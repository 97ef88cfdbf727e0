"""The guide's steps: one module a topic, the same name as its notebook, tests and goldens."""
