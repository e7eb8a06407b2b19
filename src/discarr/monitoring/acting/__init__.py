"""Acting on downloads: what makes sense, asking and confirming, doing it once, and what came of it."""
