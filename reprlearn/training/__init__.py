"""Training: keys, devices, metrics, checkpoints and the one loop; knows Method, never a method."""
