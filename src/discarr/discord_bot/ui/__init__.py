"""Pure rendering: a view and a time in, a legal Discord payload out."""
