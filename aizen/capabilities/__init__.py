"""What this installation can do: told from the tables and settings that requests are checked against."""
