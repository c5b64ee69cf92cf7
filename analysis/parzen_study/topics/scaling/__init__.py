"""How it scales: more workers than CPUs, another busy process, and laws."""
