"""What a change of each property does, asked of the real AWS provider without an account."""
