"""What happens to release trains: cutoff and stabilization."""
