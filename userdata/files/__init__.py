"""What is below /opt/vllm on a host, there the package ``vllm``: ``python3 -m vllm.publisher`` in /opt.

Standard library only, of Python 3.10 and newer. Imports are relative, so that tests load the same files from here.
"""
