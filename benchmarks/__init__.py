"""Comparisons that anyone can run again; what they found is in `docs/benchmarks.md`."""
