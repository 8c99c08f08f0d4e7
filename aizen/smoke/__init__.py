"""``flask smoke``: a running instance is proved from outside, by what a user does; nothing of it remains.

It knows the public API and nothing else of Aizen: no settings, no database. ``python -m aizen.smoke`` runs where there are none.
"""
