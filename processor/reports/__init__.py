"""Views that look at everything and change nothing."""
