"""The vocabulary every room shares: columns, tables, config, profiles, grid, status, results."""
