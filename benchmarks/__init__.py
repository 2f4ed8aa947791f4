"""Speed beside a peer, on the machine at hand."""
