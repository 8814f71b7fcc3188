"""Experiments: one file each, `get_config(dataset) -> ConfigDict`."""
