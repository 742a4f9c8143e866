"""Sage Intacct's XML gateway: sessions, queries, AR terms, invoices, and its errors by layer."""
