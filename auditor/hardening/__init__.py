"""Changing hosts with a way back."""
