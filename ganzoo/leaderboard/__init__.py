"""The board: records are read, merged, tested and ranked, and shown as tables and pages."""
