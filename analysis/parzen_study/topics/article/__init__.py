"""The article, regenerated: its chart, its densities and its system table, beside 2014."""
