"""Faces for programs: what answers over HTTP."""
