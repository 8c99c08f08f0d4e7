"""Aizen, a self-hosted image backend. Importing this package costs nothing; ``aizen.app`` builds the application."""

VERSION = "0.1.0"
