"""Real server processes, two hundred sockets, and everything that breaks: `python -m tests.acceptance.storm`."""
