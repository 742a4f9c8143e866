"""Evidence: the journal checked, published, exported and read, and Intacct's own list of terms held against it."""
