"""The work of workloads.py in PyTorch and in the libraries that a user would pick instead.

python -m benchmarks.peers.pythae_vae w1

Each prints one JSON object, as throughput.py does. They need the extra `bench`.
"""
