"""The database: engine, tables, inbox, journal, jobs, migrations."""
