"""Everything a person sees and does in Discord."""
