"""The figures: each a class that says what it measures, how its floor is made, and why that is the floor."""
