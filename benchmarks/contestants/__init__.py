"""Who is measured beside us: the floor, what a project writes for itself, and that with care."""
