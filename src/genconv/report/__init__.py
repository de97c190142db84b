"""What a reader is shown: tables, paper-ready figures, and one self-contained HTML page."""
