"""Which downloads are worth removing, and what speaks for it; whether they are is for a person to say."""
