"""What this machine has, for ``target: local``: the one edge that looks. No pulumi in here."""
