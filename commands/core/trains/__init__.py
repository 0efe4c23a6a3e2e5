"""What release trains share: their moments, their cards, their cutoff, their roll call, their departure."""
