"""How it scales: more workers than CPUs, a busy program, and laws."""
