"""From the routes of each file to the route map of the project."""
