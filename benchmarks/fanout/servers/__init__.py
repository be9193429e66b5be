"""The servers that are measured beside each other."""
