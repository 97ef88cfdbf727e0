"""How many changed rules of owlab do the tests notice? `make mutants`."""
