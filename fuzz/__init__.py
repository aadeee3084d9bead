"""Fuzz targets for migaddr itself, one a law: see README.md."""
