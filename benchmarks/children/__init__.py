"""Runlog's side of the measurements that need a process of their own."""
