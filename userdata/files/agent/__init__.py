"""The agent of a vLLM host, run as ``python3 -m agent`` in the folder of the scripts.

It sees that the server makes progress and asks the group to replace a host that does not; and it sees the end of the
host coming (terminating state, spot notice, a stop by systemd) and has it drained. Deciding is apart from doing:
health, ending, metrics, kernel and disk are pure; machine talks to the outside; loop holds them together.
Standard library only, of Python 3.10 and newer. Imports are relative: on a host the package stands alone.
"""
