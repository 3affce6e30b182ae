"""The leaderboard: it reads records, merges, tests and ranks them, and writes tables and pages.

Import `build_board` from `board`, what writes a board from `formats` and `html.site`, and checks from `verify`.
"""
