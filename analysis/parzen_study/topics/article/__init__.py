"""The article, regenerated: its chart, its densities and its system table, compared with 2014."""
