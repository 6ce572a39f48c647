"""What people open: maps, pages, workbooks."""
