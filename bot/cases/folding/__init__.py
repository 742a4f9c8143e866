"""From alerts to cases: taking in, looking, one case a term, and what is said of it where its alerts stand."""
