"""Pages of runs: read from their folders and written without JAX."""
