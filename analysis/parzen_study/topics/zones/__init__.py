"""The answer in serial time of one call: what holds for other loops as well."""
