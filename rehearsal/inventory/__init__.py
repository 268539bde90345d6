"""What AWS itself says a deployed stack consists of, read with boto3 and shown to people."""
