"""The publisher of a vLLM host, run as ``python3 -m vllm.publisher`` in /opt.

Every 15 s it reads vLLM's /metrics, every 60 s the machine. Every 60 s it puts to CloudWatch what has become of them
(``metrics.json`` says which, under which names), and prints one line of status. On a port of its own it serves the
series of vLLM and of the host, for Prometheus.

Counters reach CloudWatch as what they grew by, histograms as the values and counts of what was observed, each value as
the upper bound of its bucket. Nothing is counted twice: what was seen and what is still to be sent is one file on
tmpfs, and a request leaves that file before it is sent. When AWS refuses or cannot be reached it comes back; when the
answer was lost it does not, because CloudWatch may have it and would add it again: such a minute can be missing.

Pure: exposition, spec, growth, interval, requests, derived, host_series, status. The others touch the world.
Standard library only, of Python 3.10 and newer.
"""
