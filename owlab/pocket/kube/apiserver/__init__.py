"""The API over HTTP: routes, bodies, verbs, lists, watches and what clients may ask beside them."""
