"""What is going on: refreshing, measuring, explaining and deciding what the live message says."""
