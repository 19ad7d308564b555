"""What every scenario needs: the peers as things with verbs, and the report."""
