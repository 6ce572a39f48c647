"""Make what people open: maps, pages and plots. Import its modules (``geoplan.report.maps`` …); nothing is loaded here."""
