"""Signed delivery: pictures made of images at an address that anybody can open who was given it, and nobody can make up."""
