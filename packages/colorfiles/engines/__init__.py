"""What runs the steps of a job: processes here, or a Ray cluster."""
