"""What `trainer fit` leaves behind."""
