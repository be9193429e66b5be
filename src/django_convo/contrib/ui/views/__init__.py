"""Pages, a file for each noun."""
