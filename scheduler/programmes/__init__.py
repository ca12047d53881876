"""Programmes as data: files that describe a path, and what is made of them."""
