"""What the package promises to be quick at, measured: `python -m benchmarks`."""
