"""Encore: what shall we watch tonight?"""
