"""Where invoices come from: one protocol, and one module for each source that fulfils it."""
