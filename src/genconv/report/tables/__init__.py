"""Tables for the terminal, for a document, for a spreadsheet and for a program."""
