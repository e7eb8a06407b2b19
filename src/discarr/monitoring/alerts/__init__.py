"""Being told: what becomes an alert, in whose words, to whom and when, and its way to Discord."""
