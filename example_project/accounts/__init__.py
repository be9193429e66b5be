"""The site's users."""
