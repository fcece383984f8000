"""How the messages of tools look: a table, one row a form of message, with lines that it is made for beside it.

To add a tool, add a row to the module that it belongs to. `tests/output/test_messages.py` tries each row's lines.
"""
