"""Reports: where the two systems drift apart, weekly in the report channel and daily before anything fails."""
