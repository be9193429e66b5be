"""Places to stay and bookings of them; messages hang on the bookings."""
