"""How the suite empties a database after a test that has committed."""
