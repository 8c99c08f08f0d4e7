"""Accounts and access: who somebody is, how they prove it, and what a request may do in their name."""
