"""Find every problem in the inputs in one pass."""
