"""Hold policy as data: standards, speeds, relocation profiles and the plan schema."""
