"""The log sender of a vLLM host, run as ``python3 -m vllm.log_sender`` in the folder above the scripts.

It follows the journal and sends the lines of cloud-init, the boot, the agent, the publisher and vLLM to the stack's log
group, a stream for each: ``<instance id>/vllm``. The journal itself is the buffer: nothing is read that cannot be sent,
so an outage of CloudWatch Logs costs no memory, and what was not sent is read again from the cursor of the last batch.
A line can be there twice after a crash or a lost answer; it is missing only where that is said.
Standard library only, of Python 3.10 and newer.
"""
