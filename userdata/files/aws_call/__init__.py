"""Calls to AWS by the standard library alone: keys of the role of the instance, Signature Version 4, POST with retries.

For the daemons of a host, which run all the time: the AWS CLI costs a second of a processor for each call, boto3 is
not there. Only services that speak JSON: CloudWatch and CloudWatch Logs.

    from ..aws_call.client import LOGS, make_client
    make_client(LOGS, os.environ).call("CreateLogStream", {"logGroupName": "g", "logStreamName": "s"}, again=True)
"""
