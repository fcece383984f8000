"""Moving house: a store that is copied to another engine."""
