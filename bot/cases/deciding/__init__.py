"""What people do to a case, who may, and who is told of it."""
