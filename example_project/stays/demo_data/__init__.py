"""The invented people, places and talk that `manage.py demo` fills the site with."""
