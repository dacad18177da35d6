"""What runlog costs, side by side with the bare operation and with other trackers."""
