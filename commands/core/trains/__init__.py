"""What trains do: what people ask for, and what happens at their moments."""
