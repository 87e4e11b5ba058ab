"""What views and error handlers give to Flask."""
