"""One module a proxy or a client: its peers, and the cases it plays. `harness.report` says the shape."""
