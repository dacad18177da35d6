"""Records to text. Returns strings and prints nothing."""
